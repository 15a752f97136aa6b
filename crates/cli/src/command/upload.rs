//! `dossier upload FILE…`: sends files, several at a time, trying again where that is safe.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Api, ClientArgs, Failure, UploadForm, printable, random_hex, sum_file};
use crate::config::Environment;
use crate::output::print;

/// Uploads files and prints their ids.
///
/// For one file its id alone is printed, for several each id with its path, a tab between them.
/// Files that fail are explained on standard error; the exit code is 0 only if none did.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the files are for; `GET /v1/purposes` lists the purposes.
    #[arg(long)]
    purpose: String,
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Another name than the file's own; for one file only.
    #[arg(long)]
    name: Option<String>,
    /// Names the upload, so that sending it again cannot store it twice; for one file only
    /// [default: a random one for each file]
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// How many files are sent at a time.
    #[arg(long, value_name = "N", default_value_t = 4)]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=64))]
    concurrency: u8,
    /// Print one JSON object for each file.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    client: ClientArgs,
}

#[derive(Debug, Deserialize)]
struct Answer {
    data: Vec<Value>,
}

pub(crate) async fn run(args: &Args, env: &Environment) -> anyhow::Result<ExitCode> {
    let several = args.files.len() > 1;
    if several && (args.name.is_some() || args.idempotency_key.is_some()) {
        bail!("--name and --idempotency-key are for one file; leave them out or send files singly");
    }
    let api = Api::new(&args.client, env)?;
    let mut done = stream::iter(&args.files)
        .map(async |path| (path, upload(&api, args, path).await))
        .buffer_unordered(usize::from(args.concurrency));
    let mut code = ExitCode::SUCCESS;
    while let Some((path, outcome)) = done.next().await {
        let shown = path.display().to_string();
        if let Err(failure) = &outcome {
            code = ExitCode::FAILURE;
            api.progress().complain(&format!("{}: {failure}", printable(&shown)));
        }
        let line = match outcome {
            Ok(file) if args.json => format!("{}\n", json!({"path": shown, "data": file})),
            Ok(file) if several => format!("{}\t{}\n", id(&file), printable(&shown)),
            Ok(file) => format!("{}\n", id(&file)),
            Err(failure) if args.json => {
                format!("{}\n", json!({"path": shown, "error": failure.to_json()}))
            }
            Err(_) => continue,
        };
        api.progress().beside(|| print(&line))?;
    }
    Ok(code)
}

/// One file to its end: read once for its digest, then sent until it is stored or refused.
async fn upload(api: &Api, args: &Args, path: &Path) -> Result<Value, Failure> {
    let name = name(args, path)?;
    let local = |error: std::io::Error| Failure::Local(error.to_string());
    let sum = sum_file(path.to_owned()).await.map_err(local)?;
    let form = UploadForm {
        path: path.to_owned(),
        size: sum.size,
        sha256: sum.sha256,
        purpose: args.purpose.clone(),
        media_type: media_type(&name),
        name,
        boundary: format!("dossier-{}", random_hex()),
    };
    let key = args.idempotency_key.clone().unwrap_or_else(random_hex);
    let key = HeaderValue::from_str(&key)
        .map_err(|_| Failure::Local("an idempotency key is visible ASCII".to_owned()))?;
    let bar = api.progress().bar(&form.name, form.size);
    let answer: Answer = api
        .patiently(async || {
            let request =
                api.transfer(Method::POST, &["v1", "files"]).header("idempotency-key", key.clone());
            let request = form.attach(request, &bar).await.map_err(local)?;
            api.json(request).await
        })
        .await
        .inspect_err(|_| bar.finish_and_clear())?;
    bar.finish_and_clear();
    let file = answer.data.into_iter().next();
    let file = file.filter(|file| file.get("id").is_some_and(Value::is_string));
    let file = file.ok_or_else(|| Failure::Broken("the answer names no file".to_owned()))?;
    match file.get("sha256").and_then(Value::as_str) {
        Some(stored) if stored != sum.sha256.to_string() => {
            Err(Failure::Broken("the service stored other bytes than these".to_owned()))
        }
        Some(_) | None => Ok(file),
    }
}

fn name(args: &Args, path: &Path) -> Result<String, Failure> {
    if let Some(name) = &args.name {
        return Ok(name.clone());
    }
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| {
        Failure::Local("its name is not Unicode text; give one with --name".to_owned())
    })
}

fn id(file: &Value) -> String {
    printable(file.get("id").and_then(Value::as_str).unwrap_or_default())
}

/// The type that an extension declares. Without one nothing is declared: the bytes decide.
fn media_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    let known = EXTENSIONS.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known));
    known.map(|(_, media_type)| *media_type)
}

const EXTENSIONS: &[(&str, &str)] = &[
    ("pdf", "application/pdf"),
    ("json", "application/json"),
    ("bmp", "image/bmp"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("mp4", "video/mp4"),
    ("m4v", "video/mp4"),
    ("mov", "video/quicktime"),
    ("3gp", "video/3gpp"),
    ("3g2", "video/3gpp2"),
    ("webm", "video/webm"),
    ("mkv", "video/x-matroska"),
    ("avi", "video/x-msvideo"),
    ("mpg", "video/mpeg"),
    ("mpeg", "video/mpeg"),
    ("ogv", "video/ogg"),
    ("flv", "video/x-flv"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_declare_types_and_anything_else_declares_nothing() {
        for (name, declared) in [
            ("a.PDF", Some("application/pdf")),
            ("a.b.jpg", Some("image/jpeg")),
            ("a.xyz", None),
            ("pdf", None),
            ("a.", None),
        ] {
            assert_eq!(media_type(name), declared, "{name}");
        }
    }
}
