//! Writes `docs/configuration.md` from the settings table.

use std::fmt::Write as _;

use super::setting::{Bounds, Kind, Setting};
use super::table::SECTIONS;
use super::value::written;

const HEAD: &str = "\
# Configuration

This page is made from the settings table in the source: `dossier docs configuration` prints it.

A setting is given as a flag, an environment variable, or a key in the configuration file. A flag
wins over the environment, the environment over the file, the file over the default. An empty
variable counts as not given. All problems are reported together, before anything is opened; secret
values are never repeated.

- An unknown key in the file is refused. So is an unknown `DOSSIER_` variable that resembles a
  setting; one that resembles none is reported and ignored.
- Times need a unit: `500ms`, `30s`, `15m`, `2h`, `1d`.
- Sizes are bytes, or have a unit: `64KiB`, `200MiB`, `1GiB`. Underscores may group digits.
- Secrets are read from files, variables or commands, never from flags or the configuration file,
  where other users and backups can see them.

The configuration file is TOML:

```toml
[server]
listen = \"0.0.0.0:8080\"

[limits]
request_time_max = \"30m\"

[purposes.selfie_video]
size_max = \"50MiB\"
```

`size_max` under `[purposes.NAME]` lowers the limit of one purpose; `GET /v1/purposes` lists the
names. It can be given in the file only.
";

/// The page, ending in a line break.
pub fn configuration_page() -> String {
    let mut page = String::from(HEAD);
    for (heading, settings) in SECTIONS {
        let _ = write!(page, "\n## {heading}\n");
        for setting in *settings {
            write_setting(&mut page, setting);
        }
    }
    page
}

fn write_setting(page: &mut String, setting: &Setting) {
    let mut places = vec![format!("`{}`", setting.env)];
    places.extend(setting.flag.map(|flag| format!("`--{flag}`")));
    places.extend(setting.toml.map(|(section, key)| format!("`{section}.{key}`")));
    let default = match setting.default {
        "" => "none".to_owned(),
        default => format!("`{default}`"),
    };
    let (title, values) = (places.remove(0), values(setting.kind));
    let _ = write!(page, "\n### {title}\n\n{}\n\n", setting.doc);
    if !places.is_empty() {
        let _ = writeln!(page, "- also: {}", places.join(", "));
    }
    let _ = writeln!(page, "- value: {values}\n- default: {default}");
}

fn values(kind: Kind) -> String {
    match kind {
        Kind::Address => "an IP address and a port".to_owned(),
        Kind::Path => "a path".to_owned(),
        Kind::Url => "a URL".to_owned(),
        Kind::Command => "a shell command".to_owned(),
        Kind::Secret => "a secret".to_owned(),
        Kind::Switch => "`true` or `false`".to_owned(),
        Kind::Choice(words) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        }
        Kind::Duration(bounds) => format!("a time {}", range(bounds, kind)),
        Kind::Bytes(bounds) => format!("a size {}", range(bounds, kind)),
        Kind::Count(bounds) => format!("a number {}", range(bounds, kind)),
    }
}

fn range(bounds: Bounds, kind: Kind) -> String {
    format!("from `{}` to `{}`", written(bounds.min, kind), written(bounds.max, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_the_generated_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == configuration_page(),
            "docs/configuration.md is out of date; write it anew with \
             `cargo run -p dossier-cli -- docs configuration > docs/configuration.md`"
        );
    }
}
