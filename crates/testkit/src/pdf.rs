//! PDF files (ISO 32000-2): one page by default, with options for whatever a reader must notice.

mod encrypt;

pub use encrypt::Cipher;

use encrypt::Sealer;

/// A minimal sound PDF of one page, with a cross-reference table.
#[must_use]
pub fn pdf() -> Vec<u8> {
    Builder::new().build()
}

/// Something in a PDF that a walker must notice, or must not mind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extra {
    /// An `/OpenAction` that goes to a page.
    OpenToPage,
    /// An `/OpenAction` with a script.
    JavaScript,
    /// The same with `#xx` in its names.
    EscapedJavaScript,
    /// An `/OpenAction` that starts a program.
    Launch,
    /// A rich media annotation on the first page.
    RichMedia,
    /// A form with an XFA stream.
    Xfa,
    /// An embedded file of these bytes.
    Attachment(Vec<u8>),
}

/// How the structure is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Plain objects and a cross-reference table (PDF 1.4).
    #[default]
    Table,
    /// Plain objects and a cross-reference stream (PDF 1.5).
    XrefStream,
    /// Everything but streams in an object stream, and a cross-reference stream (PDF 1.5).
    ObjectStream,
}

/// Builds one PDF.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    layout: Layout,
    pages: u32,
    extras: Vec<Extra>,
    updates: Vec<Extra>,
    encryption: Option<(Cipher, String)>,
    filler: usize,
    raw: Vec<(u32, Vec<u8>)>,
}

enum Body {
    Plain(Vec<u8>),
    Stream { entries: String, bytes: Vec<u8> },
}

const CATALOG: u32 = 1;
const PAGES: u32 = 2;
const CONTENT: u32 = 3;
const FILLER: u32 = 4;
const ACTION: u32 = 5;
const PAYLOAD: u32 = 6;
const ENCRYPT: u32 = 7;
const OBJECT_STREAM: u32 = 8;
const XREF_STREAM: u32 = 9;
const FIRST_PAGE: u32 = 10;
const ID: &[u8; 16] = b"0123456789abcdef";

impl Builder {
    /// One page, nothing else.
    #[must_use]
    pub fn new() -> Self {
        Self { pages: 1, ..Self::default() }
    }

    /// Writes the structure in this way.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// So many pages.
    #[must_use]
    pub fn pages(mut self, pages: u32) -> Self {
        self.pages = pages;
        self
    }

    /// Adds `extra` to the file.
    #[must_use]
    pub fn with(mut self, extra: Extra) -> Self {
        self.extras.push(extra);
        self
    }

    /// Adds `extra` in an incremental update, which is a plain one whatever the layout.
    #[must_use]
    pub fn updated_with(mut self, extra: Extra) -> Self {
        self.updates.push(extra);
        self
    }

    /// Adds the object `number` (100 and up) with this body, as it is.
    #[must_use]
    pub fn with_object(mut self, number: u32, body: impl Into<Vec<u8>>) -> Self {
        self.raw.push((number, body.into()));
        self
    }

    /// Encrypts all streams so that `password` opens them. Strings are left as they are, which
    /// makes them unreadable but not unsound.
    #[must_use]
    pub fn encrypted(mut self, cipher: Cipher, password: &str) -> Self {
        self.encryption = Some((cipher, password.to_owned()));
        self
    }

    /// Builds the file.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let sealer = self.encryption.as_ref().map(|(c, p)| Sealer::new(*c, p, ID));
        let mut file =
            File { bytes: Vec::new(), offsets: Vec::new(), packed: Vec::new(), highest: 0 };
        file.bytes.extend(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n");
        let mut loose = Vec::new();
        for (number, body) in self.bodies() {
            match body {
                Body::Plain(text) if self.layout == Layout::ObjectStream => {
                    loose.push((number, text));
                }
                body => file.object(number, body, sealer.as_ref()),
            }
        }
        if let Some(sealer) = &sealer {
            file.object(ENCRYPT, Body::Plain(sealer.dictionary()), None);
        }
        if self.layout == Layout::ObjectStream {
            file.object_stream(&loose, sealer.as_ref());
        }
        match self.layout {
            Layout::Table => file.table(&self.trailer(None)),
            Layout::XrefStream | Layout::ObjectStream => file.xref_stream(&self.trailer(None)),
        }
        for extra in &self.updates {
            file.update(std::slice::from_ref(extra), self);
        }
        file.bytes
    }

    /// Builds the file with as much filler in a stream as makes it exactly `size` bytes.
    ///
    /// # Panics
    /// When the file is larger than that without any filler.
    #[must_use]
    pub fn build_sized(mut self, size: usize) -> Vec<u8> {
        for _ in 0..4 {
            let built = self.build();
            if built.len() == size {
                return built;
            }
            let filler = (self.filler + size).checked_sub(built.len());
            self.filler = filler.expect("the file must fit into its size");
        }
        // A digit more in a length or an offset made it one byte too long each time.
        self.filler -= 8;
        let mut built = self.build();
        built.resize(size, b'\n');
        built
    }

    fn bodies(&self) -> Vec<(u32, Body)> {
        let mut bodies = vec![(CATALOG, Body::Plain(catalog(&self.extras).into_bytes()))];
        let kids: String = (0..self.pages).map(|n| format!("{} 0 R ", FIRST_PAGE + n)).collect();
        let pages = format!("<< /Type /Pages /Count {} /Kids [ {kids}] >>", self.pages);
        bodies.push((PAGES, Body::Plain(pages.into_bytes())));
        if self.pages > 0 {
            bodies.push((FIRST_PAGE, Body::Plain(first_page(&self.extras).into_bytes())));
        }
        let later = (1..self.pages).map(|n| (FIRST_PAGE + n, Body::Plain(page("").into_bytes())));
        bodies.extend(later);
        let content = b"0.5 g 72 72 144 144 re f\n".to_vec();
        bodies.push((CONTENT, Body::Stream { entries: String::new(), bytes: content }));
        if self.filler > 0 {
            let bytes = vec![b' '; self.filler];
            bodies.push((FILLER, Body::Stream { entries: String::new(), bytes }));
        }
        bodies.extend(self.extras.iter().flat_map(extra_bodies));
        bodies.extend(self.raw.iter().map(|(n, text)| (*n, Body::Plain(text.clone()))));
        bodies
    }

    fn trailer(&self, prev: Option<usize>) -> String {
        let id: String = ID.iter().map(|b| format!("{b:02x}")).collect();
        let mut entries = format!("/Root {CATALOG} 0 R /ID [ <{id}> <{id}> ]");
        if self.encryption.is_some() {
            entries += &format!(" /Encrypt {ENCRYPT} 0 R");
        }
        if let Some(prev) = prev {
            entries += &format!(" /Prev {prev}");
        }
        entries
    }
}

fn first_page(extras: &[Extra]) -> String {
    if extras.contains(&Extra::RichMedia) {
        page(" /Annots [ << /Type /Annot /Subtype /RichMedia /Rect [ 0 0 9 9 ] >> ]")
    } else {
        page("")
    }
}

fn page(more: &str) -> String {
    format!(
        "<< /Type /Page /Parent {PAGES} 0 R /MediaBox [ 0 0 595 842 ] /Resources << >> \
         /Contents {CONTENT} 0 R{more} >>"
    )
}

fn catalog(extras: &[Extra]) -> String {
    let mut entries = String::new();
    for extra in extras {
        entries += &match extra {
            Extra::OpenToPage => format!(" /OpenAction [ {FIRST_PAGE} 0 R /Fit ]"),
            Extra::JavaScript | Extra::EscapedJavaScript | Extra::Launch => {
                format!(" /OpenAction {ACTION} 0 R")
            }
            Extra::RichMedia => String::new(),
            Extra::Xfa => format!(" /AcroForm << /Fields [ ] /XFA {PAYLOAD} 0 R >>"),
            Extra::Attachment(_) => {
                format!(" /Names << /EmbeddedFiles << /Names [ (a.bin) {ACTION} 0 R ] >> >>")
            }
        };
    }
    format!("<< /Type /Catalog /Pages {PAGES} 0 R{entries} >>")
}

fn extra_bodies(extra: &Extra) -> Vec<(u32, Body)> {
    let plain = |text: String| vec![(ACTION, Body::Plain(text.into_bytes()))];
    match extra {
        Extra::OpenToPage | Extra::RichMedia => Vec::new(),
        Extra::JavaScript => plain("<< /S /JavaScript /JS (app.alert(1)) >>".to_owned()),
        Extra::EscapedJavaScript => plain("<< /#53 /J#61vaScript /J#53 (a) >>".to_owned()),
        Extra::Launch => plain("<< /S /Launch /F (cmd.exe) >>".to_owned()),
        Extra::Xfa => {
            let bytes = b"<xdp:xdp xmlns:xdp=\"http://ns.adobe.com/xdp/\"/>".to_vec();
            vec![(PAYLOAD, Body::Stream { entries: String::new(), bytes })]
        }
        Extra::Attachment(bytes) => {
            let mut bodies =
                plain(format!("<< /Type /Filespec /F (a.bin) /EF << /F {PAYLOAD} 0 R >> >>"));
            let entries = "/Type /EmbeddedFile ".to_owned();
            bodies.push((PAYLOAD, Body::Stream { entries, bytes: bytes.clone() }));
            bodies
        }
    }
}

struct File {
    bytes: Vec<u8>,
    /// Object numbers and their offsets, of the section under way.
    offsets: Vec<(u32, usize)>,
    /// Objects in the object stream, in its order.
    packed: Vec<u32>,
    /// The highest object number so far.
    highest: u32,
}

impl File {
    fn object(&mut self, number: u32, body: Body, sealer: Option<&Sealer>) {
        self.offsets.push((number, self.bytes.len()));
        self.highest = self.highest.max(number);
        self.bytes.extend(format!("{number} 0 obj\n").bytes());
        match body {
            Body::Plain(text) => self.bytes.extend(text),
            Body::Stream { entries, bytes } => {
                let bytes = sealer.map_or(bytes.clone(), |s| s.seal(number, &bytes));
                let length = bytes.len();
                self.bytes.extend(format!("<< {entries}/Length {length} >>\nstream\n").bytes());
                self.bytes.extend(bytes);
                self.bytes.extend(b"\nendstream");
            }
        }
        self.bytes.extend(b"\nendobj\n");
    }

    fn object_stream(&mut self, loose: &[(u32, Vec<u8>)], sealer: Option<&Sealer>) {
        let (mut list, mut text) = (String::new(), Vec::new());
        for (number, body) in loose {
            list += &format!("{number} {} ", text.len());
            text.extend_from_slice(body);
            text.push(b'\n');
            self.packed.push(*number);
            self.highest = self.highest.max(*number);
        }
        let (count, first) = (loose.len(), list.len());
        let entries = format!("/Type /ObjStm /N {count} /First {first} /Filter /FlateDecode ");
        text.splice(..0, list.into_bytes());
        let bytes = miniz_oxide::deflate::compress_to_vec_zlib(&text, 6);
        self.object(OBJECT_STREAM, Body::Stream { entries, bytes }, sealer);
    }

    fn table(&mut self, trailer: &str) {
        let start = self.bytes.len();
        self.offsets.sort_unstable();
        let mut table = String::from("xref\n0 1\n0000000000 65535 f \n");
        for (number, offset) in &self.offsets {
            table += &format!("{number} 1\n{offset:010} 00000 n \n");
        }
        let size = self.highest + 1;
        self.bytes.extend(format!("{table}trailer\n<< /Size {size} {trailer} >>\n").bytes());
        self.end(start);
    }

    fn xref_stream(&mut self, trailer: &str) {
        let start = self.bytes.len();
        self.offsets.push((XREF_STREAM, start));
        let packed = self.packed.iter().enumerate();
        let mut rows: Vec<(u32, [u8; 6])> = packed
            .map(|(n, &number)| (number, row(2, OBJECT_STREAM as usize, n as u8)))
            .chain(self.offsets.iter().map(|&(number, at)| (number, row(1, at, 0))))
            .collect();
        rows.sort_unstable();
        let index: String = rows.iter().map(|(number, _)| format!("{number} 1 ")).collect();
        let bytes: Vec<u8> = rows.iter().flat_map(|(_, row)| *row).collect();
        let bytes = miniz_oxide::deflate::compress_to_vec_zlib(&bytes, 6);
        let size = self.highest.max(XREF_STREAM) + 1;
        let entries = format!(
            "/Type /XRef /Size {size} /W [ 1 4 1 ] /Index [ {index}] \
             /Filter /FlateDecode {trailer} "
        );
        self.object(XREF_STREAM, Body::Stream { entries, bytes }, None);
        self.end(start);
    }

    fn update(&mut self, extras: &[Extra], builder: &Builder) {
        let text = String::from_utf8_lossy(&self.bytes);
        let prev = text.rfind("startxref\n").map(|at| &text[at + 10..]);
        let prev = prev.and_then(|tail| tail.lines().next()?.parse().ok());
        self.offsets.clear();
        self.object(CATALOG, Body::Plain(catalog(extras).into_bytes()), None);
        self.object(FIRST_PAGE, Body::Plain(first_page(extras).into_bytes()), None);
        for (number, body) in extras.iter().flat_map(extra_bodies) {
            self.object(number, body, None);
        }
        self.table(&builder.trailer(prev));
    }

    fn end(&mut self, start: usize) {
        self.bytes.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    }
}

/// A row of a cross-reference stream.
fn row(kind: u8, place: usize, index: u8) -> [u8; 6] {
    let [a, b, c, d] = (place as u32).to_be_bytes();
    [kind, a, b, c, d, index]
}
