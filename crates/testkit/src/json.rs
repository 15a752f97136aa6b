//! JSON texts.

/// `depth` arrays in one another.
#[must_use]
pub fn nested(depth: usize) -> Vec<u8> {
    [b"[".repeat(depth), b"]".repeat(depth)].concat()
}

/// One object with `members` members of different names.
#[must_use]
pub fn object(members: usize) -> Vec<u8> {
    let members: Vec<String> = (0..members).map(|n| format!("\"name {n}\":{n}")).collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

/// An array of small records, of about `bytes` bytes.
#[must_use]
pub fn records(bytes: usize) -> Vec<u8> {
    let record = br#"{"document":"passport","number":12345,"checks":[true,null,-1.5e3],
  "holder":{"name":"J\u00f6rg \u00c5ngstr\u00f6m","country":"SE"},"score":0.98,
  "text":"An ordinary sentence of a report."},"#;
    let mut text = b"[".to_vec();
    while text.len() < bytes {
        text.extend_from_slice(record);
    }
    text.extend_from_slice(b"{}]");
    text
}
