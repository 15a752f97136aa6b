//! Reads the workspace's Rust sources, just well enough for the rules in `tests/tidy.rs`.

use std::fs;
use std::path::{Path, PathBuf};

/// One Rust source file.
pub struct Source {
    /// Its path from the root of the workspace, with `/`.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Whether it is test, bench, example or fuzz code as a whole.
    pub is_test: bool,
}

/// One function or method.
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line it starts on, from 1.
    pub line: usize,
    /// Lines from its signature to its closing brace.
    pub lines: usize,
    /// Number of parameters without `self`.
    pub parameters: usize,
    /// Whether one of them is a plain `bool`.
    pub takes_bool: bool,
    /// Whether it is `pub` and takes `self`.
    pub is_public_method: bool,
    /// The `impl` line that it stands under, if any.
    pub block: Option<String>,
    /// Its first parameter that is not `self`, with its type.
    pub first_parameter: Option<String>,
}

impl Source {
    /// Lines before the file's own test module.
    #[must_use]
    pub fn lines_without_tests(&self) -> usize {
        let lines: Vec<_> = self.text.lines().collect();
        let tests = lines.iter().position(|l| l.trim_start().starts_with("#[cfg(test)]"));
        tests.unwrap_or(lines.len())
    }

    /// Whether some other file of the same folder tree says `mod` with this file's name.
    #[must_use]
    pub fn is_named_by_a_mod(&self) -> bool {
        let path = Path::new(&self.name);
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let name = if stem == "mod" { folder_name(path) } else { stem };
        let file = path.file_name().map(|f| f.to_string_lossy().into_owned()).unwrap_or_default();
        let krate = self.name.split("/src/").next().unwrap_or_default();
        let declares = |text: &str| {
            text.lines().map(str::trim).any(|l| {
                let plain = l.strip_suffix(';').unwrap_or_default();
                let at = plain.rsplit_once("mod ").map(|(_, n)| n);
                at == Some(name.as_str()) || l.contains(&format!("\"{file}\""))
            })
        };
        sources().iter().any(|s| s.name.starts_with(&format!("{krate}/")) && declares(&s.text))
    }
}

fn folder_name(path: &Path) -> String {
    let parent = path.parent().and_then(Path::file_name);
    parent.map(|p| p.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The folder with the workspace manifest.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("this package lies in the workspace").to_owned()
}

/// Every Rust source of the workspace.
#[must_use]
pub fn sources() -> Vec<Source> {
    let root = workspace_root();
    let mut folders: Vec<_> =
        ["crates", "tests", "tidy", "benches", "fuzz"].map(|f| root.join(f)).to_vec();
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|e| e.path()) {
            if path.is_dir() && path.file_name().is_some_and(|n| n != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                all.push(read(&root, &path));
            }
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn read(root: &Path, path: &Path) -> Source {
    let name = path.strip_prefix(root).expect("sources lie in the root").to_string_lossy();
    let test_folders = ["/tests/", "/benches/", "/examples/", "fuzz/", "tests/"];
    let is_test = test_folders.iter().any(|f| format!("/{name}").contains(&format!("/{f}")))
        || test_folders.iter().any(|f| name.contains(f))
        || name.ends_with("_tests.rs")
        || name.ends_with("/tests.rs");
    let text = fs::read_to_string(path).expect("sources are text");
    Source { name: name.into_owned(), text, is_test }
}

/// The functions of a source, as rustfmt lays them out: a function ends at the first line that
/// closes a brace at the indentation of its signature.
#[must_use]
pub fn functions(source: &Source) -> Vec<Function> {
    let lines: Vec<_> = source.text.lines().collect();
    let mut all = Vec::new();
    let mut in_raw_string = false;
    for (at, line) in lines.iter().enumerate() {
        let was_in_raw_string = in_raw_string;
        in_raw_string ^= opens_or_closes_raw_string(line);
        if was_in_raw_string {
            continue;
        }
        if let Some(name) = function_name(line) {
            all.push(function(&lines, at, name));
        }
    }
    all
}

fn opens_or_closes_raw_string(line: &str) -> bool {
    let opens = line.matches("r#\"").count();
    let closes = line.matches("\"#").count();
    opens != closes
}

fn function_name(line: &str) -> Option<String> {
    let code = line.trim_start();
    let qualifiers = ["pub ", "pub(crate) ", "pub(super) ", "const ", "async ", "extern \"C\" "];
    let mut rest = code;
    while let Some(next) = qualifiers.iter().find_map(|q| rest.strip_prefix(q)) {
        rest = next;
    }
    let after = rest.strip_prefix("fn ")?;
    Some(after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

fn function(lines: &[&str], at: usize, name: String) -> Function {
    let first = lines[at];
    let indent = first.len() - first.trim_start().len();
    let closing = format!("{}}}", " ".repeat(indent));
    let declaration = format!("{};", " ".repeat(indent));
    let ends = |l: &str| l == closing || (l.starts_with(&declaration) && l.trim() == ";");
    let one_line = first.ends_with(';') || (first.contains('{') && first.ends_with('}'));
    let length = if one_line {
        1
    } else {
        let after = lines.iter().skip(at + 1);
        after.take_while(|l| !ends(l) && !is_declaration_end(l, indent)).count() + 2
    };
    let parameters = parameters(&lines[at..(at + length).min(lines.len())]);
    let takes_self = parameters.iter().any(|p| is_self(p));
    let block = lines[..at].iter().rfind(|l| l.starts_with("impl") || **l == "}");
    Function {
        line: at + 1,
        lines: length,
        parameters: parameters.iter().filter(|p| !is_self(p)).count(),
        first_parameter: parameters.iter().find(|p| !is_self(p)).cloned(),
        block: block.filter(|l| l.starts_with("impl")).map(|l| (*l).to_owned()),
        takes_bool: parameters.iter().any(|p| p.ends_with(": bool")),
        is_public_method: takes_self && first.trim_start().starts_with("pub "),
        name,
    }
}

/// `) -> T;` closes a method without a body in a trait.
fn is_declaration_end(line: &str, indent: usize) -> bool {
    line.ends_with(';') && line.len() > indent && line[indent..].starts_with(')')
}

fn is_self(parameter: &str) -> bool {
    let bare = parameter.trim_start_matches('&').trim_start_matches("mut ");
    let bare = bare.split_whitespace().last().unwrap_or_default();
    bare == "self" || parameter.starts_with("self:") || parameter.starts_with("mut self")
}

/// The parameters between the signature's own parentheses, generics skipped.
fn parameters(lines: &[&str]) -> Vec<String> {
    let text: String = lines.iter().map(|l| l.trim()).collect::<Vec<_>>().join(" ");
    let start = text.find("fn ").unwrap_or_default();
    let mut depth = 0_i32;
    let mut angle = 0_i32;
    let mut inside = false;
    let mut current = String::new();
    let mut all = Vec::new();
    let mut before = ' ';
    for c in text[start..].chars() {
        match c {
            '<' => angle += 1,
            '>' if before != '-' && before != '=' => angle -= 1,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if !inside && c == '(' && depth == 1 && angle == 0 {
            inside = true;
        } else if inside && depth == 0 {
            break;
        } else if inside && c == ',' && depth == 1 && angle == 0 {
            all.push(std::mem::take(&mut current));
        } else if inside {
            current.push(c);
        }
        before = c;
    }
    all.push(current);
    all.into_iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Vec<Function> {
        functions(&Source { name: "x.rs".into(), text: text.into(), is_test: false })
    }

    #[test]
    fn functions_are_found_and_measured() {
        let text = "pub async fn one<T: Fn(u8) -> u8>(&self, a: T, b: (u8, u8)) {\n    x();\n}\n\
                    \nimpl A {\n    fn two(flag: bool) -> Vec<u8> {\n        vec![]\n    }\n}\n\
                    trait B {\n    fn three(\n        a: u8,\n        b: u8,\n    ) -> u8;\n}\n\
                    fn four() {}\n";
        let found = parse(text);
        let shape: Vec<_> =
            found.iter().map(|f| (f.name.as_str(), f.lines, f.parameters, f.takes_bool)).collect();
        assert_eq!(
            shape,
            [
                ("one", 3, 2, false),
                ("two", 3, 1, true),
                ("three", 4, 2, false),
                ("four", 1, 0, false)
            ]
        );
        assert!(found[0].is_public_method && !found[1].is_public_method);
        assert_eq!(found[0].block, None);
        assert_eq!(found[1].block.as_deref(), Some("impl A {"));
        assert_eq!(found[0].first_parameter.as_deref(), Some("a: T"));
    }

    #[test]
    fn text_in_raw_strings_is_no_code() {
        assert_eq!(parse("const A: &str = r#\"\nfn not_me() {\n\"#;\nfn me() {}\n").len(), 1);
    }
}
