//! Real PDFs, sorted by what other programs say of them; an extra that runs where they exist.

use std::path::{Path, PathBuf};

use dossier_media::{Budget, Fault, Findings, Kind, Limits, MediaType, Note, Verdict, Walker};

/// The folder of sample files, or a loud line.
fn samples() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "only tests may be pointed at sample files")]
    let set = std::env::var_os("DOSSIER_SAMPLES").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/samples");
    let folder = set.unwrap_or_else(beside);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: there are no sample files at {}", folder.display());
    None
}

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let Some(samples) = samples() else { return Vec::new() };
    let entries = std::fs::read_dir(samples.join(folder)).expect("the folder can be read");
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .map(|path| {
            (path.display().to_string(), std::fs::read(&path).expect("the file can be read"))
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{folder} is empty");
    found
}

fn walk(bytes: &[u8], piece: usize) -> Findings {
    let mut walker = Walker::new(Limits::default(), Budget::new(16 << 20));
    let _flow = bytes.chunks(piece).try_for_each(|bytes| walker.push(bytes));
    match walker.finish() {
        Verdict::Settled(findings) => findings,
        Verdict::NeedsReadBack(mut second) => {
            let _flow = bytes.chunks(piece).try_for_each(|bytes| second.push(bytes));
            second.finish()
        }
    }
}

fn assert_all(folder: &str, is_right: impl Fn(&Findings) -> bool) {
    let mut wrong = Vec::new();
    for (path, bytes) in files(folder) {
        let findings = walk(&bytes, 64 * 1024);
        if findings.kind != Kind::Known(MediaType::Pdf) || !is_right(&findings) {
            wrong.push(format!("{path}: {findings:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn sound_files_are_accepted_without_a_note() {
    assert_all("accept/pdf", |findings| {
        findings.faults.is_empty()
            && findings.notes.is_empty()
            && findings.facts.pages.is_some_and(|pages| pages > 0)
    });
}

#[test]
fn files_that_the_empty_password_opens_are_accepted_with_a_note() {
    assert_all("accept/pdf-restricted", |findings| {
        findings.faults.is_empty() && findings.notes == [Note::PdfRestricted]
    });
}

#[test]
fn files_with_attachments_are_accepted_with_a_note() {
    assert_all("attached/pdf-attachments", |findings| {
        findings.faults.is_empty() && findings.notes.contains(&Note::PdfAttachments)
    });
}

#[test]
fn files_with_active_content_are_refused_by_its_name() {
    assert_all("active/pdf-active-content", |findings| {
        let active = [Fault::PdfJavaScript, Fault::PdfLaunch, Fault::PdfRichMedia, Fault::PdfXfa];
        !findings.faults.is_empty() && findings.faults.iter().all(|fault| active.contains(fault))
    });
}

#[test]
fn files_that_need_a_password_are_refused() {
    assert_all("refuse/pdf-encrypted", |findings| findings.faults.contains(&Fault::PdfEncrypted));
}

#[test]
fn files_that_are_cut_off_are_refused() {
    let mut wrong = Vec::new();
    for folder in ["accept/pdf", "accept/pdf-restricted", "attached/pdf-attachments"] {
        for (path, bytes) in files(folder) {
            if bytes.len() > 16 * 1024 {
                continue;
            }
            let whole = bytes.trim_ascii_end().len();
            let sixteenths = (1..16).map(|n| bytes.len() * n / 16);
            for end in sixteenths.chain((1..8).map(|n| whole - n)) {
                if walk(&bytes[..end], 64 * 1024).faults.is_empty() {
                    wrong.push(format!("{path} cut to {end} of {whole}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} accepted:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_pieces_of_a_file_make_no_difference() {
    for folder in ["accept/pdf-restricted", "attached/pdf-attachments", "active/pdf-active-content"]
    {
        for (path, bytes) in files(folder) {
            let whole = walk(&bytes, usize::MAX);
            for piece in [61, 4_099] {
                assert_eq!(walk(&bytes, piece), whole, "{path} in pieces of {piece}");
            }
        }
    }
}
