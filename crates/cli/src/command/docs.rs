//! `dossier docs PAGE`: prints the pages of `docs/` that are made from the source.

use std::process::ExitCode;

use clap::ValueEnum;

use crate::config::configuration_page;
use crate::output::print;

/// Prints a page of the documents that is made from the source.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    page: Page,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Page {
    /// docs/configuration.md
    Configuration,
    /// docs/errors.md
    Errors,
    /// docs/openapi.json
    Openapi,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match args.page {
        Page::Configuration => print(&configuration_page())?,
        Page::Errors => print(&dossier_http::errors_markdown())?,
        Page::Openapi => print(&dossier_http::openapi_json())?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_generated_documents_are_as_their_generators_say() {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
        for (name, made, page) in [
            ("errors.md", dossier_http::errors_markdown(), "errors"),
            ("openapi.json", dossier_http::openapi_json(), "openapi"),
        ] {
            let kept = std::fs::read_to_string(format!("{docs}/{name}")).unwrap_or_default();
            assert!(kept == made, "docs/{name} is old: run `dossier docs {page} > docs/{name}`");
        }
    }
}
