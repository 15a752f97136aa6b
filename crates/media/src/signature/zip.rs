//! What a ZIP archive holds, by its first entry names (APPNOTE 4.3.7).

use memchr::memmem;

use super::{field, foreign, has};
use crate::Foreign;

/// Names the document format of an archive that starts with a local file header.
pub(super) fn recognise(head: &[u8]) -> Foreign {
    let name_len = field::<2>(head, 26).map_or(0, u16::from_le_bytes);
    let extra_len = field::<2>(head, 28).map_or(0, u16::from_le_bytes);
    let name = head.get(30..).and_then(|rest| rest.get(..usize::from(name_len)));
    let content = 30 + usize::from(name_len) + usize::from(extra_len);
    match name.unwrap_or_default() {
        b"mimetype" if has(head, content, b"application/vnd.oasis.opendocument") => {
            foreign::OPEN_DOCUMENT
        }
        b"mimetype" if has(head, content, b"application/epub+zip") => foreign::EPUB,
        b"META-INF/MANIFEST.MF" | b"META-INF/" => foreign::JAR,
        b"AndroidManifest.xml" | b"classes.dex" => foreign::APK,
        name if is_office(name) => office(head),
        _other => foreign::ZIP,
    }
}

fn is_office(name: &[u8]) -> bool {
    const STARTS: [&[u8]; 7] = [
        b"[Content_Types].xml",
        b"_rels/.rels",
        b"docProps/",
        b"word/",
        b"xl/",
        b"ppt/",
        b"customXml/",
    ];
    STARTS.iter().any(|start| name.starts_with(start))
}

/// Which Office program wrote it shows in a folder name, when that comes early enough.
fn office(head: &[u8]) -> Foreign {
    let holds = |name: &[u8]| memmem::find(head, name).is_some();
    if holds(b"word/") {
        foreign::WORD
    } else if holds(b"xl/") {
        foreign::EXCEL
    } else if holds(b"ppt/") {
        foreign::POWERPOINT
    } else {
        foreign::OFFICE
    }
}
