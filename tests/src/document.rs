//! Documents to upload: any size, and the bytes follow from the name.

use crate::random::Random;

const BOUNDARY: &str = "end-to-end-7MA4YWxkTrZu0gW";

/// A document, as a client has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is uploaded for.
    pub purpose: &'static str,
    /// Its name.
    pub name: String,
    /// The media type that is declared.
    pub kind: &'static str,
    /// The bytes.
    pub content: Vec<u8>,
}

impl Document {
    /// A report of `size` bytes, at least 16, that only this seed has.
    #[must_use]
    pub fn report(seed: u64, size: usize) -> Self {
        let mut content = Vec::with_capacity(size);
        content.extend_from_slice(b"{\"seed\":\"");
        let mut random = Random::new(seed);
        while content.len() + 2 < size {
            let word = format!("{:016x}", random.next());
            let room = size - 2 - content.len();
            content.extend(word.bytes().take(room));
        }
        content.extend_from_slice(b"\"}");
        let name = format!("report-{seed}-{size}.json");
        Self { purpose: "verification_report", name, kind: "application/json", content }
    }

    /// The report that has this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let numbers = name.strip_prefix("report-")?.strip_suffix(".json")?;
        let (seed, size) = numbers.split_once('-')?;
        Some(Self::report(seed.parse().ok()?, size.parse().ok()?))
    }

    /// The same under another name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// The body of the request.
    #[must_use]
    pub fn form(&self) -> Vec<u8> {
        let Self { purpose, name, kind, content } = self;
        let mut form = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\
             \r\nContent-Type: {kind}\r\n\r\n"
        )
        .into_bytes();
        form.extend_from_slice(content);
        form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        form
    }

    /// The content type of the request.
    #[must_use]
    pub fn form_type() -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_its_size_and_follows_from_its_name() {
        for size in [16, 17, 27, 1_000, 65_456] {
            let report = Document::report(7, size);
            assert_eq!(report.content.len(), size);
            assert!(serde_json::from_slice::<serde_json::Value>(&report.content).is_ok());
            assert_eq!(Document::of_name(&report.name), Some(report));
        }
        assert_eq!(Document::of_name("other.json"), None);
        assert_ne!(Document::report(1, 99).content, Document::report(2, 99).content);
    }
}
