//! What is accepted, what is refused, and with which words.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::*;

const RANDOM_KEY: &str = "dsk_0123456789abcdef0123456789abcdef";

fn env(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn file(text: &str) -> FileText {
    FileText { path: "d.toml".into(), text: text.to_owned() }
}

fn load(pairs: &[(&str, &str)], text: &str) -> Result<Loaded, Problems> {
    Config::load(&Flags::new(), &env(pairs), Some(&file(text)))
}

fn loaded(pairs: &[(&str, &str)], text: &str) -> Config {
    load(pairs, text).unwrap().config
}

fn problems(pairs: &[(&str, &str)], text: &str) -> Vec<String> {
    load(pairs, text).unwrap_err().0.iter().map(ToString::to_string).collect()
}

#[test]
fn every_default_is_a_value_and_the_defaults_are_those_of_the_contract() {
    let Loaded { config, warnings } =
        Config::load(&Flags::new(), &Environment::new(), None).unwrap();
    assert!(warnings.is_empty());
    assert_eq!(config.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(config.data_dir, PathBuf::from("./dossier-data"));
    assert_eq!(config.root_key, None);
    assert_eq!(config.intake, dossier_domain::Limits::default());
    assert_eq!(config.content_check, ContentCheck::Structure);
    assert_eq!(config.limits.connections_max, 10_000);
    assert_eq!(config.limits.connections_per_address_max, 4_096);
    assert_eq!(config.limits.headers_timeout, Duration::from_secs(10));
    assert_eq!(config.limits.rate_min, ByteCount(1_024));
    assert_eq!(config.limits.request_time_max, Duration::from_secs(7_200));
    assert_eq!(config.limits.requests_per_minute, None);
    assert_eq!(config.jobs.orphan_age, Duration::from_secs(900));
    assert_eq!(config.database_file, None);
    assert_eq!(config.bootstrap_key, None);
}

#[test]
fn the_table_names_each_setting_once_and_its_words_are_those_of_the_code() {
    let all: Vec<&Setting> = settings().collect();
    for (i, one) in all.iter().enumerate() {
        for other in all.iter().skip(i + 1) {
            assert!(one.key != other.key && one.env != other.env, "{}", one.env);
            assert!(one.flag.is_none() || one.flag != other.flag, "{}", one.env);
            assert!(one.toml.is_none() || one.toml != other.toml, "{}", one.env);
        }
        assert!(one.doc.ends_with('.') && one.env.starts_with("DOSSIER_"), "{}", one.env);
    }
    let words = |key| {
        let Kind::Choice(words) = setting(key).kind else { panic!("{key:?} is a choice") };
        words.to_vec()
    };
    assert_eq!(words(Key::ContentCheck), CONTENT_CHECKS.map(|(name, _)| name));
    assert!(CONTENT_CHECKS.iter().all(|(name, check)| check.name() == *name));
    assert_eq!(words(Key::LogFormat), LOG_FORMATS.map(|(name, _)| name));
    assert_eq!(words(Key::LogLevel), LOG_LEVELS.map(|(name, _)| name));
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let text = "[server]\nlisten = \"127.0.0.1:1\"\n";
    assert_eq!(loaded(&[], text).listen.port(), 1);
    assert_eq!(loaded(&[("DOSSIER_LISTEN", "127.0.0.1:2")], text).listen.port(), 2);
    assert_eq!(loaded(&[("DOSSIER_LISTEN", "")], text).listen.port(), 1);
    let flags = Flags::from([(Key::Listen, OsString::from("127.0.0.1:3"))]);
    let env = env(&[("DOSSIER_LISTEN", "127.0.0.1:2")]);
    let config = Config::load(&flags, &env, Some(&file(text))).unwrap().config;
    assert_eq!(config.listen.port(), 3);
}

#[test]
fn the_file_sets_every_kind_of_value() {
    let config = loaded(
        &[],
        "[intake]\nsize_max = 1_000_000\npixels_max = 5\n\
         [limits]\nidle_timeout = \"5s\"\nrequests_per_minute = 60\nconnections_max = 10\n\
         [log]\nformat = \"text\"\nlevel = \"debug\"\n\
         [storage]\ndatabase_url = \"sqlite:/var/d.db\"\nstorage_url = \"file:///var/b\"\n\
         [purposes.selfie_video]\nsize_max = \"512KiB\"\n",
    );
    assert_eq!(config.intake.size_max, ByteCount(1_000_000));
    assert_eq!(config.intake.media.pixels_max, 5);
    let by_purpose = vec![(Purpose::SelfieVideo, ByteCount(524_288))];
    assert_eq!(config.intake.size_max_by_purpose, by_purpose);
    assert_eq!(config.limits.idle_timeout, Duration::from_secs(5));
    assert_eq!(config.limits.requests_per_minute, Some(60));
    assert_eq!(config.limits.connections_per_address_max, 10);
    assert_eq!(config.log, Log { format: LogFormat::Text, level: tracing::Level::DEBUG });
    assert_eq!(config.database_file, Some("/var/d.db".into()));
    assert_eq!(config.storage_dir, Some("/var/b".into()));
}

#[test]
fn all_problems_come_at_once_with_their_place_and_cure() {
    let found = problems(
        &[("DOSSIER_LISTEN", "localhost"), ("DOSSIER_DATADIR", "x")],
        "listen = \"x\"\n[limits]\nidle_timeout = 5\nidle_timeuot = 5\n\
         [purposes.x]\nsize_max = 15\n",
    );
    let expected = [
        "limits.idle_timeuot (d.toml, line 4): no setting has this name. \
         Did you mean limits.idle_timeout.",
        "listen (d.toml, line 1): no setting has this name. Did you mean server.listen.",
        "DOSSIER_DATADIR (environment): no setting has this name, so it would have no effect. \
         Did you mean DOSSIER_DATA_DIR.",
        "DOSSIER_LISTEN (environment): this is not an IP address and a port (given: \
         `localhost`). Write it like 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080.",
        "purposes.x.size_max (d.toml, line 6): there is no such purpose. Names are compared \
         exactly; `GET /v1/purposes` lists them.",
        "limits.idle_timeout (d.toml, line 3): this is not a length of time (given: `5`). Write a \
         number with its unit, like `500ms`, `30s`, `15m` or `2h`.",
    ];
    assert_eq!(found, expected);
}

#[test]
fn variables_of_others_are_let_be() {
    let pairs = [
        ("DOSSIER_URL", "x"),
        ("DOSSIER_KEY", "x"),
        ("DOSSIER_SERVICE_HOST", "10.0.0.1"),
        ("DOSSIER_PORT", "tcp://10.0.0.1:8080"),
        ("DOSSIER_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("OTHER", "x"),
    ];
    assert!(load(&pairs, "").unwrap().warnings.is_empty());
    let foreign = [("DOSSIER_SOMETHING_ELSE_ALTOGETHER", "x"), ("DOSSIER_PORT", "8080")];
    assert_eq!(load(&foreign, "").unwrap().warnings.len(), 2);
}

#[test]
fn secrets_are_never_repeated() {
    let found = problems(
        &[
            ("DOSSIER_BOOTSTRAP_KEY", "dsk_hush"),
            ("DOSSIER_DATABASE_URL", "postgres://user:hush@host/db"),
            ("DOSSIER_STORAGE_URL", "s3://hush"),
            ("DOSSIER_ROOT_KEY", "hush"),
            ("DOSSIER_ROOT_KEY_COMMAND", "echo hush"),
        ],
        "",
    );
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found.iter().all(|line| !line.contains("hush")), "{found:#?}");
    assert!(found.iter().any(|line| line.contains("keeps its rows in SQLite only")));
    assert!(found.iter().any(|line| line.contains("keeps its bytes on the local disk only")));
    let kept = loaded(&[("DOSSIER_BOOTSTRAP_KEY", RANDOM_KEY), ("DOSSIER_ROOT_KEY", "hush")], "");
    assert!(!format!("{kept:?}").contains("hush") && !format!("{kept:?}").contains(RANDOM_KEY));
    let BootstrapKeySource::Value(key) = kept.bootstrap_key.unwrap() else { panic!("a value") };
    assert_eq!(Ok(key), dossier_app::ChosenSecret::parse(RANDOM_KEY));
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let tls = [("DOSSIER_TLS_CERT_FILE", "c"), ("DOSSIER_TLS_KEY_FILE", "k")];
    let weak = ("DOSSIER_CONTENT_CHECK", "declared");
    let [cert, key] = tls;
    assert!(load(&tls, "").is_ok());
    assert_eq!(problems(&[cert], "").len(), 1);
    assert_eq!(problems(&[cert, key, weak], "").len(), 1);
    let forced = load(&[cert, key, weak, ("DOSSIER_CONTENT_CHECK_FORCE", "true")], "").unwrap();
    assert_eq!(forced.warnings.len(), 1);
    assert_eq!(load(&[weak], "").unwrap().warnings.len(), 1);
    let both = [("DOSSIER_BOOTSTRAP_KEY", RANDOM_KEY), ("DOSSIER_BOOTSTRAP_KEY_FILE", "f")];
    assert_eq!(problems(&both, "").len(), 1);
    let two = [("DOSSIER_ROOT_KEY_FILE", "f"), ("DOSSIER_ROOT_KEY_COMMAND", "c")];
    assert_eq!(problems(&two, "").len(), 1);
    assert_eq!(problems(&[("DOSSIER_METRICS_LISTEN", "127.0.0.1:8080")], "").len(), 1);
    let scan = problems(&[("DOSSIER_SCAN_MODE", "inline")], "");
    assert!(scan.iter().any(|line| line.contains("no malware scanner")), "{scan:?}");
    assert!(load(&[("DOSSIER_SCAN_MODE", "off")], "").is_ok());
    let url = ("DOSSIER_AUDIT_CHECKPOINT_URL", "https://example.com/");
    let secret = ("DOSSIER_AUDIT_CHECKPOINT_SECRET", "whsec_hush");
    let command = ("DOSSIER_AUDIT_CHECKPOINT_SECRET_COMMAND", "cat hush");
    assert!(loaded(&[url, secret], "").jobs.audit_checkpoint_webhook.is_some());
    assert!(loaded(&[url, command], "").jobs.audit_checkpoint_webhook.is_some());
    for wrong in [&[url][..], &[secret], &[command], &[url, secret, command]] {
        assert_eq!(problems(wrong, "").len(), 1, "{wrong:?}");
    }
    let other = ("DOSSIER_AUDIT_CHECKPOINT_URL", "ftp://hush.example/");
    let found = problems(&[other, secret], "");
    assert!(matches!(&found[..], [one] if one.contains("`https://`")), "{found:?}");
    assert!(!found[0].contains("hush"), "{found:?}");
    let sizes = "[intake]\nsize_max = 100\n[purposes.passport]\nsize_max = 101\n";
    assert_eq!(problems(&[], sizes).len(), 1);
}

#[test]
fn local_urls_are_schemes_with_a_path() {
    let path = |url| local_path(url, "sqlite:");
    assert_eq!(path("sqlite:a/b"), Some("a/b".into()));
    assert_eq!(path("sqlite:/a"), Some("/a".into()));
    assert_eq!(path("sqlite:///a"), Some("/a".into()));
    for url in ["sqlite:", "sqlite://", "sqlite://host/a", "/a", "postgres://h/a"] {
        assert_eq!(path(url), None, "{url}");
    }
}

#[test]
fn paths_need_not_be_utf_8_but_other_values_do() {
    let bytes = OsString::from_vec(vec![b'a', 0xff]);
    let mut env = Environment::from([("DOSSIER_DATA_DIR".into(), bytes.clone())]);
    let config = Config::load(&Flags::new(), &env, None).unwrap().config;
    assert_eq!(config.data_dir.as_os_str(), bytes);
    env.insert("DOSSIER_LISTEN".into(), bytes);
    let found = Config::load(&Flags::new(), &env, None).unwrap_err();
    assert!(found.to_string().contains("not UTF-8"), "{found}");
}

#[test]
fn a_file_that_is_no_toml_names_the_line() {
    for text in
        ["[server]\nlisten = x\n", "[server\n", "a = 1\na = 2\n", "[limits]\nidle_timeout = []\n"]
    {
        let found = problems(&[], text);
        assert!(found.iter().all(|line| line.contains("(d.toml, line ")), "{text}: {found:?}");
    }
}

#[test]
fn the_file_that_is_named_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.toml");
    let env = env(&[("DOSSIER_CONFIG", path.to_str().unwrap())]);
    assert!(Config::load_with_file(&Flags::new(), &env).is_err(), "absent");
    std::fs::write(&path, "[server]\nlisten = \"127.0.0.1:7\"\n").unwrap();
    assert_eq!(Config::load_with_file(&Flags::new(), &env).unwrap().config.listen.port(), 7);
    std::fs::write(&path, " ".repeat((1 << 20) + 1)).unwrap();
    assert!(Config::load_with_file(&Flags::new(), &env).is_err(), "too large");
}
