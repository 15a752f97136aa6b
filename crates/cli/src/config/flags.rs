//! The command-line flags of the settings, made from the table.

use std::ffi::OsString;

use clap::builder::ValueParser;
use clap::error::Error;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};

use super::setting::{Kind, Setting};
use super::sources::Flags;
use super::table::{SECTIONS, settings};

/// The flags of every setting that has one, for the commands that act on the store.
#[derive(Clone, Debug, Default)]
pub struct SettingFlags(pub Flags);

/// The flags that `-h` lists; `--help` lists them all.
const COMMON: [&str; 5] = ["config", "listen", "data-dir", "database", "storage"];

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        SECTIONS.iter().fold(command, |command, (heading, settings)| {
            let flags = settings.iter().filter_map(|setting| flag(heading, setting));
            command.args(flags)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = settings().filter(|setting| setting.flag.is_some()).filter_map(|setting| {
            let value = matches.get_one::<OsString>(setting.env)?;
            Some((setting.key, value.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.append(&mut Self::from_arg_matches(matches)?.0);
        Ok(())
    }
}

fn flag(heading: &'static str, setting: &'static Setting) -> Option<Arg> {
    let name = setting.flag?;
    let default = match setting.default {
        "" => String::new(),
        default => format!(", default {default}"),
    };
    let arg = Arg::new(setting.env)
        .long(name)
        .value_name(value_name(setting.kind))
        .value_parser(ValueParser::os_string())
        .help(format!("{} [{}{default}]", setting.doc, setting.env))
        .help_heading(heading)
        .hide_short_help(!COMMON.contains(&name));
    Some(match setting.kind {
        Kind::Switch => arg.num_args(0..=1).require_equals(true).default_missing_value("true"),
        Kind::Address | Kind::Path | Kind::Url | Kind::Command | Kind::Secret => arg,
        Kind::Choice(_) | Kind::Duration(_) | Kind::Bytes(_) | Kind::Count(_) => arg,
    })
}

fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Address => "ADDRESS:PORT",
        Kind::Path => "PATH",
        Kind::Url => "URL",
        Kind::Command => "COMMAND",
        Kind::Secret => "SECRET",
        Kind::Switch => "BOOL",
        Kind::Choice(_) => "WORD",
        Kind::Duration(_) => "TIME",
        Kind::Bytes(_) => "BYTES",
        Kind::Count(_) => "NUMBER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Key;

    #[test]
    fn flags_reach_their_settings() {
        let command = SettingFlags::augment_args(Command::new("serve"));
        command.clone().debug_assert();
        let words = ["serve", "--listen", "[::]:1", "--content-check-force", "--database=sqlite:x"];
        let matches = command.try_get_matches_from(words).unwrap();
        let flags = SettingFlags::from_arg_matches(&matches).unwrap().0;
        let expected = [
            (Key::Listen, "[::]:1".into()),
            (Key::DatabaseUrl, "sqlite:x".into()),
            (Key::ContentCheckForce, "true".into()),
        ];
        assert_eq!(flags, expected.into());
    }

    #[test]
    fn secrets_have_no_flag() {
        for setting in settings().filter(|setting| matches!(setting.kind, Kind::Secret)) {
            assert!(setting.flag.is_none() && setting.toml.is_none(), "{}", setting.env);
        }
    }
}
