//! The formats that are recognised only so that a refusal can name them.

use super::{field, has, zip};
use crate::Foreign;

/// The foreign format whose signature stands at its fixed place.
pub(super) fn by_magic(head: &[u8]) -> Option<Foreign> {
    if has(head, 0, b"PK\x03\x04") {
        return Some(zip::recognise(head));
    }
    if let Some(form) = field::<4>(head, 8)
        && (has(head, 0, b"RIFF") || has(head, 0, b"RF64") || has(head, 0, b"FORM"))
    {
        return Some(chunked(form));
    }
    if has(head, 0, b"\xCA\xFE\xBA\xBE") {
        // Java class files and universal Mach-O share a magic; Java counts versions from 45.
        let next = field::<4>(head, 4).map_or(0, u32::from_be_bytes);
        return Some(if next < 45 { MACH_O } else { JAVA_CLASS });
    }
    if has(head, 0, b"MZ") {
        return Some(if is_pe(head) { WINDOWS_PROGRAM } else { DOS_PROGRAM });
    }
    if is_tar(head) {
        return Some(TAR);
    }
    MAGICS.iter().find(|(at, magic, _)| has(head, *at, magic)).map(|(_, _, foreign)| *foreign)
}

/// A frame of MPEG audio or of ADTS (ISO 11172-3, 2.4.2.3; ISO 13818-7, 6.2): weak.
pub(super) fn audio_frame(head: &[u8]) -> Option<Foreign> {
    let [sync, version_layer, rates, ..] = *head.first_chunk::<4>()?;
    if sync != 0xFF || version_layer & 0xE0 != 0xE0 {
        return None;
    }
    if version_layer & 0xF6 == 0xF0 {
        return Some(AAC);
    }
    let version_known = version_layer & 0x18 != 0x08;
    let layer_known = version_layer & 0x06 != 0;
    let rates_known = rates & 0xF0 != 0xF0 && rates & 0x0C != 0x0C;
    (version_known && layer_known && rates_known).then_some(MP3)
}

/// A tar header whose checksum is right (POSIX.1-1988 ustar).
pub(crate) fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.first_chunk::<512>() else { return false };
    let (before, rest) = header.split_at(148);
    let (sum_field, after) = rest.split_at(8);
    let sum = before.iter().chain(after).map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 32;
    let declared = sum_field
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .try_fold(0, |sum, d| (*d < b'8').then(|| (sum << 3) | u32::from(d - b'0')));
    has(header, 257, b"ustar") && declared == Some(sum)
}

/// A program of Windows: the DOS header points to `PE\0\0` (PE format, "MS-DOS Stub").
fn is_pe(head: &[u8]) -> bool {
    let at = field::<4>(head, 60).map(u32::from_le_bytes).and_then(|at| usize::try_from(at).ok());
    at.is_some_and(|at| has(head, at, b"PE\0\0"))
}

/// RIFF and IFF files by their form type.
fn chunked(form: [u8; 4]) -> Foreign {
    match &form {
        b"WEBP" => WEBP,
        b"WAVE" => WAV,
        b"AIFF" | b"AIFC" => AIFF,
        b"RMID" => MIDI,
        b"ILBM" => new("IFF image", "image/x-ilbm"),
        _other => new("RIFF container", OCTETS),
    }
}

const OCTETS: &str = "application/octet-stream";

const fn new(name: &'static str, essence: &'static str) -> Foreign {
    Foreign { name, essence }
}

pub(crate) const PDF: Foreign = new("PDF", "application/pdf");
pub(crate) const PDF_LATE: Foreign = new("PDF with leading bytes", "application/pdf");
pub(crate) const AVIF: Foreign = new("AVIF", "image/avif");
pub(crate) const CANON_RAW: Foreign = new("Canon raw photo", "image/x-canon-cr3");
pub(crate) const WEBP: Foreign = new("WebP", "image/webp");
pub(crate) const GIF: Foreign = new("GIF", "image/gif");
pub(crate) const TIFF: Foreign = new("TIFF", "image/tiff");
pub(crate) const SVG: Foreign = new("SVG", "image/svg+xml");
pub(crate) const DICOM: Foreign = new("DICOM image", "application/dicom");
pub(crate) const HTML: Foreign = new("HTML", "text/html");
pub(crate) const XML: Foreign = new("XML", "application/xml");
pub(crate) const RTF: Foreign = new("RTF document", "application/rtf");
pub(crate) const POSTSCRIPT: Foreign = new("PostScript", "application/postscript");
pub(crate) const OLE: Foreign = new("old Office document", "application/x-ole-storage");
pub(crate) const OFFICE: Foreign =
    new("Office document", "application/vnd.openxmlformats-officedocument");
pub(crate) const WORD: Foreign =
    new("Word document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
pub(crate) const EXCEL: Foreign =
    new("Excel workbook", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
pub(crate) const POWERPOINT: Foreign = new(
    "PowerPoint presentation",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
);
pub(crate) const OPEN_DOCUMENT: Foreign =
    new("OpenDocument file", "application/vnd.oasis.opendocument");
pub(crate) const EPUB: Foreign = new("EPUB book", "application/epub+zip");
pub(crate) const ZIP: Foreign = new("ZIP archive", "application/zip");
pub(crate) const JAR: Foreign = new("Java archive", "application/java-archive");
pub(crate) const APK: Foreign = new("Android package", "application/vnd.android.package-archive");
pub(crate) const RAR: Foreign = new("RAR archive", "application/vnd.rar");
pub(crate) const SEVEN_ZIP: Foreign = new("7z archive", "application/x-7z-compressed");
pub(crate) const GZIP: Foreign = new("gzip archive", "application/gzip");
pub(crate) const XZ: Foreign = new("xz archive", "application/x-xz");
pub(crate) const ZSTD: Foreign = new("Zstandard archive", "application/zstd");
pub(crate) const CABINET: Foreign = new("cabinet archive", "application/vnd.ms-cab-compressed");
pub(crate) const TAR: Foreign = new("tar archive", "application/x-tar");
pub(crate) const ISO_9660: Foreign = new("disc image", "application/x-iso9660-image");
pub(crate) const WINDOWS_PROGRAM: Foreign =
    new("Windows program", "application/vnd.microsoft.portable-executable");
pub(crate) const DOS_PROGRAM: Foreign = new("DOS program", "application/x-msdos-program");
pub(crate) const ELF: Foreign = new("Linux program", "application/x-elf");
pub(crate) const MACH_O: Foreign = new("macOS program", "application/x-mach-binary");
pub(crate) const JAVA_CLASS: Foreign = new("Java class", "application/java-vm");
pub(crate) const WASM: Foreign = new("WebAssembly module", "application/wasm");
pub(crate) const SHORTCUT: Foreign = new("Windows shortcut", "application/x-ms-shortcut");
pub(crate) const SCRIPT: Foreign = new("script", "text/x-shellscript");
pub(crate) const PHP: Foreign = new("PHP script", "application/x-httpd-php");
pub(crate) const MP3: Foreign = new("MP3 audio", "audio/mpeg");
pub(crate) const AAC: Foreign = new("AAC audio", "audio/aac");
pub(crate) const WAV: Foreign = new("WAV audio", "audio/wav");
pub(crate) const AIFF: Foreign = new("AIFF audio", "audio/aiff");
pub(crate) const MIDI: Foreign = new("MIDI music", "audio/midi");
pub(crate) const PLAYLIST: Foreign = new("media playlist", "application/vnd.apple.mpegurl");
pub(crate) const PEM: Foreign = new("PEM key or certificate", "application/x-pem-file");
pub(crate) const VCARD: Foreign = new("vCard", "text/vcard");
pub(crate) const CALENDAR: Foreign = new("calendar entry", "text/calendar");
pub(crate) const EMAIL: Foreign = new("e-mail message", "message/rfc822");
pub(crate) const UTF_16: Foreign = new("UTF-16 text", "text/plain");
pub(crate) const PLAIN_TEXT: Foreign = new("plain text", "text/plain");

const LZH: Foreign = new("LHA archive", "application/x-lzh-compressed");
const JPEG_2000: Foreign = new("JPEG 2000", "image/jp2");
const JPEG_XL: Foreign = new("JPEG XL", "image/jxl");
const DV: Foreign = new("DV video", "video/x-dv");
const FLASH: Foreign = new("Flash film", "application/vnd.adobe.flash.movie");
const CAMERA_RAW: Foreign = new("raw photo", "image/x-raw");
const MPEG_4: Foreign = new("raw video stream", "video/x-raw");
const FONT: Foreign = new("font", "font/sfnt");

/// Offset, bytes there, what they mean. Where one pattern begins another, the longer is first.
const MAGICS: &[(usize, &[u8], Foreign)] = &[
    // Images.
    (0, b"GIF87a", GIF),
    (0, b"GIF89a", GIF),
    (0, b"II*\0\x10\0\0\0CR", CAMERA_RAW),
    (0, b"II*\0", TIFF),
    (0, b"MM\0*", TIFF),
    (0, b"II+\0", TIFF),
    (0, b"MM\0+", TIFF),
    (0, b"IIRO", CAMERA_RAW),
    (0, b"IIU\0", CAMERA_RAW),
    (0, b"FUJIFILMCCD-RAW", CAMERA_RAW),
    (0, b"8BPS", new("Photoshop document", "image/vnd.adobe.photoshop")),
    (0, b"\0\0\x01\0", new("icon", "image/vnd.microsoft.icon")),
    (0, b"\0\0\x02\0", new("cursor", "image/x-win-bitmap")),
    (0, b"\0\0\0\x0CjP  \r\n\x87\n", JPEG_2000),
    (0, b"\xFF\x4F\xFF\x51", JPEG_2000),
    (0, b"\0\0\0\x0CJXL \r\n\x87\n", JPEG_XL),
    (0, b"\xFF\x0A", JPEG_XL),
    (128, b"DICM", DICOM),
    (0, b"AT&TFORM", new("DjVu document", "image/vnd.djvu")),
    (0, b"\x76\x2F\x31\x01", new("OpenEXR image", "image/x-exr")),
    (0, b"BPG\xFB", new("BPG image", "image/bpg")),
    (0, b"qoif", new("QOI image", "image/qoi")),
    (0, b"DDS ", new("DirectDraw surface", "image/vnd-ms.dds")),
    (0, b"gimp xcf", new("GIMP image", "image/x-xcf")),
    (0, b"\xD7\xCD\xC6\x9A", new("Windows metafile", "image/wmf")),
    (40, b" EMF", new("Windows metafile", "image/emf")),
    (0, b"icns", new("macOS icon", "image/icns")),
    (0, b"\x8AMNG\r\n\x1A\n", new("MNG animation", "video/x-mng")),
    (0, b"\x8BJNG\r\n\x1A\n", new("JNG image", "image/x-jng")),
    (0, b"P6\n", new("Netpbm image", "image/x-portable-pixmap")),
    (0, b"P5\n", new("Netpbm image", "image/x-portable-graymap")),
    // Archives.
    (0, b"PK\x05\x06", ZIP),
    (0, b"PK\x07\x08", ZIP),
    (0, b"Rar!\x1A\x07", RAR),
    (0, b"7z\xBC\xAF\x27\x1C", SEVEN_ZIP),
    (0, b"\x1F\x8B\x08", GZIP),
    (0, b"BZh", new("bzip2 archive", "application/x-bzip2")),
    (0, b"\xFD7zXZ\0", XZ),
    (0, b"\x28\xB5\x2F\xFD", ZSTD),
    (0, b"\x04\x22\x4D\x18", new("LZ4 archive", "application/x-lz4")),
    (0, b"LZIP\x01", new("lzip archive", "application/x-lzip")),
    (0, b"MSCF\0\0\0\0", CABINET),
    (2, b"-lh5-", LZH),
    (2, b"-lh0-", LZH),
    (0, b"!<arch>\n", new("ar archive", "application/x-archive")),
    (0, b"\xED\xAB\xEE\xDB", new("RPM package", "application/x-rpm")),
    (0, b"070701", new("cpio archive", "application/x-cpio")),
    (0, b"xar!", new("xar archive", "application/x-xar")),
    (0, b"\x1F\x9D", new("compress archive", "application/x-compress")),
    // Programs.
    (0, b"\x7FELF", ELF),
    (0, b"\xFE\xED\xFA\xCE", MACH_O),
    (0, b"\xFE\xED\xFA\xCF", MACH_O),
    (0, b"\xCE\xFA\xED\xFE", MACH_O),
    (0, b"\xCF\xFA\xED\xFE", MACH_O),
    (0, b"\0asm", WASM),
    (0, b"dex\n", new("Android program", "application/vnd.android.dex")),
    (0, b"\x4C\0\0\0\x01\x14\x02\0\0\0\0\0\xC0\0\0\0", SHORTCUT),
    (0, b"ITSF\x03\0\0\0", new("Windows help", "application/vnd.ms-htmlhelp")),
    // Documents.
    (0, b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", OLE),
    (0, b"{\\rtf", RTF),
    (0, b"%!", POSTSCRIPT),
    (0, b"\xC5\xD0\xD3\xC6", POSTSCRIPT),
    (60, b"BOOKMOBI", new("Kindle book", "application/x-mobipocket-ebook")),
    (0, b"bplist0", new("property list", "application/x-bplist")),
    (0, b"SQLite format 3\0", new("SQLite database", "application/vnd.sqlite3")),
    // Audio.
    (0, b"#!AMR", new("AMR audio", "audio/amr")),
    (0, b"ID3", MP3),
    (0, b"fLaC", new("FLAC audio", "audio/flac")),
    (0, b"ADIF", AAC),
    (0, b"MThd", MIDI),
    (0, b".snd", new("AU audio", "audio/basic")),
    (0, b"caff\0\x01", new("CAF audio", "audio/x-caf")),
    (0, b"MAC ", new("Monkey's Audio", "audio/x-ape")),
    (0, b"wvpk", new("WavPack audio", "audio/x-wavpack")),
    (0, b"\x0B\x77", new("AC-3 audio", "audio/ac3")),
    // Video that is not on the list.
    (0, b"\x06\x0E\x2B\x34", new("MXF video", "application/mxf")),
    (0, b".RMF", new("RealMedia video", "application/vnd.rn-realmedia")),
    (0, b".ra\xFD", new("RealAudio", "audio/x-realaudio")),
    (0, b"\x1F\x07\0\x3F", DV),
    (0, b"\x1F\x07\0\xBF", DV),
    (0, b"DKIF\0\0", new("IVF video", "video/x-ivf")),
    (0, b"YUV4MPEG2 ", new("raw video stream", "video/x-raw")),
    (0, b"\xB7\xD8\0\x20\x37\x49\xDA\x11", new("recorded TV", "video/x-ms-wtv")),
    (0, b"FWS", FLASH),
    (0, b"CWS", FLASH),
    (0, b"ZWS", FLASH),
    (0, b"\0\0\0\x01\x67", MPEG_4),
    (0, b"\0\0\0\x01\x40\x01", MPEG_4),
    (0, b"\0\0\x01\xB0", MPEG_4),
    // Fonts and captures.
    (0, b"OTTO", FONT),
    (0, b"wOFF", FONT),
    (0, b"wOF2", FONT),
    (0, b"ttcf", FONT),
    (0, b"\0\x01\0\0\0", FONT),
    (0, b"\xD4\xC3\xB2\xA1", new("network capture", "application/vnd.tcpdump.pcap")),
];
