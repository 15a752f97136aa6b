//! Gathers what was given on the command line, in the environment and in the file, and puts one
//! over the other. Judges names only; values are read in `read`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Origin, Problem};
use super::setting::{Key, Setting};
use super::suggest::nearest;
use super::table::{setting, settings};

/// The environment, handed in so that loading can be tested.
pub type Environment = BTreeMap<OsString, OsString>;

/// What was given as flags.
pub type Flags = BTreeMap<Key, OsString>;

/// The text of the configuration file.
#[derive(Clone, Debug)]
pub struct FileText {
    /// Where it was read.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

/// A value with the place it was given in.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) value: OsString,
    pub(crate) origin: Origin,
}

/// What was given, the strongest place first, and what was wrong with the names.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) values: BTreeMap<Key, Given>,
    /// `[purposes.NAME] size_max`, by name.
    pub(crate) purpose_sizes: BTreeMap<String, Given>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
}

/// Variables of the client commands, which are no settings of the service.
pub(crate) const CLIENT_VARIABLES: [&str; 2] = ["DOSSIER_URL", "DOSSIER_KEY"];

const PREFIX: &str = "DOSSIER_";

/// Flag over environment over file. An empty value counts as not given, as compose files need it.
pub(crate) fn gather(flags: &Flags, env: &Environment, file: Option<&FileText>) -> Gathered {
    let mut gathered = Gathered::default();
    if let Some(file) = file {
        gathered.read_file(file);
    }
    gathered.read_environment(env);
    for (key, value) in flags.iter().filter(|(_, value)| !value.is_empty()) {
        gathered.values.insert(*key, Given { value: value.clone(), origin: Origin::Flag });
    }
    gathered
}

/// The configuration file that flags or environment name.
pub(crate) fn file_path(flags: &Flags, env: &Environment) -> Option<PathBuf> {
    let named =
        flags.get(&Key::Config).or_else(|| env.get(OsStr::new(setting(Key::Config).env)))?;
    (!named.is_empty()).then(|| PathBuf::from(named))
}

impl Gathered {
    fn read_environment(&mut self, env: &Environment) {
        for (name, value) in env {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
                continue;
            };
            if let Some(setting) = settings().find(|setting| setting.env == name) {
                if !value.is_empty() {
                    let given = Given { value: value.clone(), origin: Origin::Environment };
                    self.values.insert(setting.key, given);
                }
            } else if !CLIENT_VARIABLES.contains(&name) && !is_service_link(name, value) {
                self.refuse_variable(name);
            }
        }
    }

    /// A name close to a known one is a slip that would leave a setting at its default: refused.
    /// A name close to none may belong to another program: a warning.
    fn refuse_variable(&mut self, name: &str) {
        let short = name.trim_start_matches(PREFIX);
        let known = settings().map(|setting| setting.env.trim_start_matches(PREFIX));
        let suggestion = nearest(short, known);
        let problem = Problem {
            setting: name.to_owned(),
            origin: Origin::Environment,
            what: "no setting has this name, so it would have no effect".to_owned(),
            fix: suggestion.map_or_else(
                || "Remove it, or look the name up in docs/configuration.md".to_owned(),
                |known| format!("Did you mean {PREFIX}{known}"),
            ),
        };
        if suggestion.is_some() {
            self.problems.push(problem);
        } else {
            self.warnings.push(problem);
        }
    }

    fn read_file(&mut self, file: &FileText) {
        let table = match DeTable::parse(&file.text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                self.problems.push(Problem {
                    setting: "configuration file".to_owned(),
                    origin: place(file, at),
                    what: format!("it is not TOML: {}", one_line(error.message())),
                    fix: "Mend that line; text values need quotation marks".to_owned(),
                });
                return;
            }
        };
        for (section, value) in &table {
            let name = section.get_ref().as_ref();
            match value.get_ref().as_table() {
                Some(purposes) if name == "purposes" => self.read_purposes(file, purposes),
                Some(entries) => self.read_section(file, name, entries),
                None => self.refuse_key(file, section.span().start, name.to_owned()),
            }
        }
    }

    fn read_section(&mut self, file: &FileText, section: &str, entries: &DeTable<'_>) {
        for (key, value) in entries {
            let name = key.get_ref().as_ref();
            let place = key.span().start;
            match settings().find(|setting| setting.toml == Some((section, name))) {
                None => self.refuse_key(file, place, format!("{section}.{name}")),
                Some(Setting { key, .. }) => {
                    if let Some(given) = self.scalar(file, &format!("{section}.{name}"), value) {
                        self.values.insert(*key, given);
                    }
                }
            }
        }
    }

    fn read_purposes(&mut self, file: &FileText, purposes: &DeTable<'_>) {
        for (purpose, value) in purposes {
            let name = format!("purposes.{}", purpose.get_ref());
            let Some(entries) = value.get_ref().as_table() else {
                self.refuse_key(file, purpose.span().start, name);
                continue;
            };
            for (key, value) in entries {
                let full = format!("{name}.{}", key.get_ref());
                if key.get_ref() != "size_max" {
                    self.refuse_key(file, key.span().start, full);
                } else if let Some(given) = self.scalar(file, &full, value) {
                    self.purpose_sizes.insert(purpose.get_ref().to_string(), given);
                }
            }
        }
    }

    fn scalar(
        &mut self,
        file: &FileText,
        name: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Given> {
        let origin = place(file, value.span().start);
        let text = match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
            DeValue::Boolean(on) => Some(on.to_string()),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => None,
            DeValue::Array(_) | DeValue::Table(_) => None,
        };
        if text.is_none() {
            self.problems.push(Problem {
                setting: name.to_owned(),
                origin: origin.clone(),
                what: "this kind of value is not understood here".to_owned(),
                fix: "Write a text in quotation marks, a whole number, or true or false".to_owned(),
            });
        }
        text.filter(|text| !text.is_empty()).map(|text| Given { value: text.into(), origin })
    }

    fn refuse_key(&mut self, file: &FileText, at: usize, name: String) {
        let known: Vec<String> = settings()
            .filter_map(|setting| setting.toml)
            .map(|(section, key)| format!("{section}.{key}"))
            .collect();
        // A right key under a wrong section is the commonest slip.
        let last = name.rsplit('.').next().unwrap_or(&name);
        let moved = known.iter().find(|known| known.ends_with(&format!(".{last}")));
        let near = nearest(&name, known.iter().map(String::as_str));
        let fix = moved.map(String::as_str).or(near).map_or_else(
            || "Remove it, or look the name up in docs/configuration.md".to_owned(),
            |known| format!("Did you mean {known}"),
        );
        self.problems.push(Problem {
            setting: name,
            origin: place(file, at),
            what: "no setting has this name".to_owned(),
            fix,
        });
    }
}

fn place(file: &FileText, at: usize) -> Origin {
    let line = 1 + file.text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    Origin::File { path: file.path.clone(), line }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Kubernetes adds such variables to every container beside a service named `dossier`.
fn is_service_link(name: &str, value: &OsStr) -> bool {
    (name == "DOSSIER_PORT" && value.as_encoded_bytes().starts_with(b"tcp://"))
        || name.starts_with("DOSSIER_PORT_")
        || name.starts_with("DOSSIER_SERVICE_")
}

/// Reads the file, which must be UTF-8 and of a size that people write.
pub(crate) fn read_file(path: &Path) -> Result<FileText, Problem> {
    const FILE_MAX: u64 = 1 << 20;
    let problem = |what: String, fix: &str| Problem {
        setting: "configuration file".to_owned(),
        origin: Origin::File { path: path.to_owned(), line: 1 },
        what,
        fix: fix.to_owned(),
    };
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(FILE_MAX + 1).read_to_string(&mut text));
    match read {
        Ok(length) if u64::try_from(length).is_ok_and(|length| length <= FILE_MAX) => {
            Ok(FileText { path: path.to_owned(), text })
        }
        Ok(_) => Err(problem("it is larger than 1 MiB".to_owned(), "Name the right file")),
        Err(error) => {
            let what = format!("it cannot be read: {error}");
            Err(problem(what, "Check the path and who may read it"))
        }
    }
}
