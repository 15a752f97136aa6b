//! Writes the seeds of the fuzz targets that read documents: one folder for each target under
//! the folder that is given, `fuzz/seeds` in the repository.

use std::path::Path;
use std::{env, fs, io};

use dossier_testkit::{bmp::Bmp, heif, jpeg, json, mp4, pdf, png, video};

type Seed = (&'static str, Vec<u8>);

fn main() -> io::Result<()> {
    let Some(root) = env::args_os().nth(1) else {
        return Err(io::Error::other("name the folder to write to"));
    };
    let root = Path::new(&root);
    write(root, "bmp", &bitmaps())?;
    write(root, "jpeg", &photos())?;
    write(root, "json", &texts())?;
    write(root, "handler", &uploads())?;
    write(root, "heif", &without_head(&[("heic", heif::heic()), ("grid", heif::grid())]))?;
    write(root, "mp4", &without_head(&[("mp4", mp4::mp4())]))?;
    write(root, "pdf", &portable_documents())?;
    write(root, "pdf_objstm", &object_streams())?;
    write(root, "png", &pictures())?;
    let images = [bitmaps(), photos(), pictures(), pictures_in_boxes()].concat();
    write(root, "media_walker", &[images, texts(), documents(), videos()].concat())
}

fn write(root: &Path, target: &str, seeds: &[Seed]) -> io::Result<()> {
    let folder = root.join(target);
    fs::create_dir_all(&folder)?;
    seeds.iter().try_for_each(|(name, bytes)| fs::write(folder.join(name), bytes))
}

/// What follows the first box, which those targets write themselves.
fn without_head(files: &[Seed]) -> Vec<Seed> {
    let tail = |file: &[u8]| {
        let length = file.first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
        file.get(length as usize..).unwrap_or_default().to_vec()
    };
    files.iter().map(|(name, file)| (*name, tail(file))).collect()
}

/// Bodies of uploads, each behind the byte that says how it is cut.
fn uploads() -> Vec<Seed> {
    let part = |head: &str, body: &[u8]| {
        let head = format!("--XbX\r\nContent-Disposition: form-data; {head}\r\n\r\n");
        [head.as_bytes(), body, b"\r\n"].concat()
    };
    let purpose = |name: &str| part("name=\"purpose\"", name.as_bytes());
    let file = |name: &str, body: &[u8]| part(&format!("name=\"file\"; filename=\"{name}\""), body);
    let form = |parts: [Vec<u8>; 2]| [b"\x05".as_slice(), &parts.concat(), b"--XbX--\r\n"].concat();
    vec![
        ("passport", form([purpose("passport"), file("a.jpg", &jpeg::grey(20, 20))])),
        ("file_first", form([file("a.png", &png::grey(5, 5)), purpose("other")])),
        ("report", form([purpose("verification_report"), file("a.json", &json::object(5))])),
        ("wrong_type", form([purpose("selfie_video"), file("a.pdf", &pdf::pdf())])),
    ]
}

fn bitmaps() -> Vec<Seed> {
    vec![
        ("bmp_black", Bmp::black(7, 5).build()),
        ("bmp_runs", Bmp::runs(4, 2, &[4, 1, 0, 0, 0, 3, 1, 1, 1, 0, 0, 2, 1, 1, 0, 1]).build()),
    ]
}

fn photos() -> Vec<Seed> {
    let preview = [jpeg::grey(16, 16), jpeg::grey(8, 8)].concat();
    vec![("jpeg_grey", jpeg::grey(20, 20)), ("jpeg_with_preview", preview)]
}

fn texts() -> Vec<Seed> {
    vec![
        ("json_object", json::object(5)),
        ("json_records", json::records(100)),
        ("json_nested", json::nested(64)),
    ]
}

fn pictures() -> Vec<Seed> {
    let text = png::chunk(b"tEXt", b"Title\0A picture");
    let palette = png::chunk(b"PLTE", &[1, 2, 3]);
    let rows = png::chunk(b"IDAT", b"\x78\x9C\x63\x60\0\0\0\x02\0\x01");
    let header = png::header_of(1, 1, (3, 8));
    let indexed = png::chunks(&[&header, &text, &palette, &rows, &rows, &png::end()]);
    vec![("png_grey", png::grey(5, 5)), ("png_indexed", indexed)]
}

fn pictures_in_boxes() -> Vec<Seed> {
    vec![("heic", heif::heic()), ("heic_grid", heif::grid()), ("mp4", mp4::mp4())]
}

fn documents() -> Vec<Seed> {
    let in_stream = pdf::Builder::new().layout(pdf::Layout::ObjectStream).build();
    let updated = pdf::Builder::new().updated_with(pdf::Extra::OpenToPage).build();
    vec![("pdf", pdf::pdf()), ("pdf_object_stream", in_stream), ("pdf_updated", updated)]
}

fn portable_documents() -> Vec<Seed> {
    use pdf::{Builder, Cipher, Extra, Layout};
    let stream = |layout| Builder::new().layout(layout);
    let hidden = Extra::Attachment(b"9 0 obj << /S /Launch >> endobj".to_vec());
    let lying = "<< /Length 9 >> stream\nabc\nendstream";
    vec![
        ("plain", pdf::pdf()),
        ("xref_stream", stream(Layout::XrefStream).build()),
        ("object_stream", stream(Layout::ObjectStream).with(Extra::OpenToPage).build()),
        ("script", Builder::new().with(Extra::EscapedJavaScript).build()),
        ("script_update", stream(Layout::ObjectStream).updated_with(Extra::JavaScript).build()),
        ("launch", stream(Layout::XrefStream).with(Extra::Launch).build()),
        ("rich_media", Builder::new().with(Extra::RichMedia).build()),
        ("xfa", stream(Layout::ObjectStream).with(Extra::Xfa).build()),
        ("attachment", stream(Layout::XrefStream).with(hidden).build()),
        ("lying_length", Builder::new().with_object(100, lying).build()),
        ("rc4_40", Builder::new().encrypted(Cipher::Rc4Bits40, "").build()),
        ("rc4_128", stream(Layout::ObjectStream).encrypted(Cipher::Rc4Bits128, "").build()),
        ("aes_128", stream(Layout::ObjectStream).encrypted(Cipher::Aes128, "").build()),
        ("aes_256", stream(Layout::ObjectStream).encrypted(Cipher::Aes256, "").build()),
        ("locked", stream(Layout::ObjectStream).encrypted(Cipher::Aes128, "secret").build()),
    ]
}

/// Entries of a stream dictionary, a line feed, and the bytes of the stream.
fn object_streams() -> Vec<Seed> {
    let text = b"7 0 8 12 9 16 <</S/GoTo>> [1 2] (text)".as_slice();
    let zlib = miniz_oxide::deflate::compress_to_vec_zlib(text, 6);
    let rows = [b"\x02".as_slice(), text, b"\x01", text].concat();
    let rows = miniz_oxide::deflate::compress_to_vec_zlib(&rows, 6);
    let seed = |entries: &str, bytes: &[u8]| [entries.as_bytes(), b"\n", bytes].concat();
    let flate = "/Filter/FlateDecode";
    let predicted = "/DecodeParms<</Predictor 15/Columns 38>>";
    vec![
        ("plain", seed("/N 3/First 14", text)),
        ("flate", seed(&format!("/N 3/First 14{flate}"), &zlib)),
        ("predictor", seed(&format!("/N 3/First 14{flate}{predicted}"), &rows)),
        ("hex", seed("/N 1/First 4/Filter/AHx", b"31203020 28 61 29>")),
        ("base_85", seed("/N 1/First 4/Filter[/A85]", b"0E;(Q/R~>")),
        ("run_length", seed("/N 1/First 4/Filter/RunLengthDecode", b"\x061 0 (a)\x80")),
        ("lzw", seed("/N 1/First 1/Filter/LZWDecode", b"\x80\x0B\x60\x50\x22\x0C\x0C\x85\x01")),
        ("two", seed("/N 1/First 4/Filter[/AHx/Fl]", b"789c>")),
    ]
}

fn videos() -> Vec<Seed> {
    vec![
        ("asf", video::asf::asf()),
        ("avi", video::avi::avi()),
        ("flv", video::flv::flv()),
        ("m2ts", video::mpeg_ts::m2ts()),
        ("matroska", video::matroska::matroska()),
        ("mpeg_elementary", video::mpeg::elementary_stream()),
        ("mpeg_program", video::mpeg::program_stream()),
        ("mpeg_ts", video::mpeg_ts::transport_stream()),
        ("ogg", video::ogg::theora()),
        ("webm_live", video::matroska::live_webm()),
    ]
}
