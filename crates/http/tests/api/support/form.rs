//! Bodies of `multipart/form-data`, sound and broken.

/// The boundary of every form.
pub(crate) const BOUNDARY: &str = "XbX";

/// A form under construction.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    body: Vec<u8>,
}

/// The usual form: purpose, then file.
pub(crate) fn form(purpose: &str, name: &str, declared: &str, bytes: &[u8]) -> Form {
    Form::default().text("purpose", purpose).file(name, declared, bytes)
}

impl Form {
    /// A text field.
    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"");
        self.part(&head, value.as_bytes())
    }

    /// The file; `declared` is its type, none when empty.
    pub(crate) fn file(self, name: &str, declared: &str, bytes: &[u8]) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"");
        let head = match declared {
            "" => head,
            declared => format!("{head}\r\nContent-Type: {declared}"),
        };
        self.part(&head, bytes)
    }

    /// A part with any header lines.
    pub(crate) fn part(self, head: impl AsRef<[u8]>, content: &[u8]) -> Self {
        self.raw(format!("--{BOUNDARY}\r\n").as_bytes())
            .raw(head.as_ref())
            .raw(b"\r\n\r\n")
            .raw(content)
            .raw(b"\r\n")
    }

    /// Any bytes.
    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.body.extend_from_slice(bytes);
        self
    }

    /// The whole body.
    pub(crate) fn build(&self) -> Vec<u8> {
        self.clone().raw(format!("--{BOUNDARY}--\r\n").as_bytes()).body
    }

    /// The body without its closing boundary.
    pub(crate) fn open(&self) -> Vec<u8> {
        self.body.clone()
    }
}
