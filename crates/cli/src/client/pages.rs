//! What the API says of things: of one, or of many, page after page.

use anyhow::bail;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Api, Failure, printable};
use crate::output::{complain, print};

/// Which pages of a list to read.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PageArgs {
    /// How many entries a page has.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=100))]
    size: Option<u8>,
    /// Continue where an earlier list ended.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// `desc`: newest first, `asc`: oldest first.
    #[arg(long, value_parser = ["asc", "desc"])]
    order: Option<String>,
    /// All pages, not only one.
    #[arg(long)]
    all: bool,
}

/// A filter of a list, and its value if it is given.
pub(crate) type Filter = (&'static str, Option<String>);

#[derive(Debug, Deserialize)]
struct One {
    data: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Value>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    next: Option<String>,
}

impl Api {
    /// The members of the one thing at `path`.
    pub(crate) async fn get(&self, path: &[&str]) -> Result<Map<String, Value>, Failure> {
        let One { data } =
            self.patiently(async || self.json(self.call(Method::GET, path)).await).await?;
        Ok(data)
    }

    /// Prints a line for each entry of the list at `path`.
    pub(crate) async fn print_list(
        &self,
        path: &[&str],
        filters: &[Filter],
        pages: &PageArgs,
        line: impl Fn(&Value) -> String,
    ) -> anyhow::Result<()> {
        let mut cursor = pages.after.clone();
        loop {
            let query = query(filters, pages, cursor.as_deref());
            let call = || self.call(Method::GET, path).query(&query);
            let page: Page = self.patiently(async || self.json(call()).await).await?;
            print(&page.data.iter().map(&line).collect::<String>())?;
            match page.meta.next {
                None => return Ok(()),
                // A cursor that leads to itself would never end.
                next if pages.all && next == cursor => {
                    bail!("the service repeats a page; stopped")
                }
                Some(next) if pages.all => cursor = Some(next),
                Some(next) => {
                    complain(&format!("there are more: --after {}, or --all", printable(&next)));
                    return Ok(());
                }
            }
        }
    }
}

fn query(
    filters: &[Filter],
    pages: &PageArgs,
    cursor: Option<&str>,
) -> Vec<(&'static str, String)> {
    let of_page = [
        ("size", pages.size.map(|size| size.to_string())),
        ("after", cursor.map(str::to_owned)),
        ("order", pages.order.clone()),
    ];
    let all = filters.iter().cloned().chain(of_page);
    all.filter_map(|(name, value)| Some((name, value?))).collect()
}

/// These members of an entry, separated by tabs so that `cut` can take them apart.
pub(crate) fn columns<const N: usize>(entry: &Value, names: [&str; N]) -> String {
    let columns = names.map(|name| printable(&text(entry.get(name).unwrap_or(&Value::Null))));
    format!("{}\n", columns.join("\t"))
}

/// Each member of an object on a line of its own.
pub(crate) fn member_lines(members: &Map<String, Value>) -> String {
    let lines = members
        .iter()
        .map(|(name, value)| format!("{}: {}\n", printable(name), printable(&text(value))));
    lines.collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
