//! The file header and the second header of a bitmap, judged before any pixel.

use crate::signature::DIB_SIZES;
use crate::{Fault, Limits};

/// Bytes of the file header, before the second one.
pub(super) const FILE_HEADER: usize = 14;

/// What the headers promise.
#[derive(Debug)]
pub(super) struct Bitmap {
    pub(super) width: u32,
    pub(super) height: u32,
    bits: u16,
    pub(super) coding: Coding,
    pub(super) pixels_at: u64,
    /// The file must reach at least here: the declared file size, pixels and colour profile.
    pub(super) least_end: u64,
}

/// How the pixels are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// In rows of whole 32-bit words.
    Plain,
    /// Run-length coded.
    Rle(Unit),
}

/// The unit of run-length coding: one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Four bits, two to a byte.
    Nibble,
    /// Eight bits.
    Byte,
}

impl Bitmap {
    /// Width times height.
    pub(super) fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Bytes of the rows when they are not compressed.
    pub(super) fn plain_bytes(&self) -> u64 {
        let row = (u64::from(self.width) * u64::from(self.bits)).div_ceil(32) * 4;
        row * u64::from(self.height)
    }
}

/// The size of the second header, once `bytes` reach that far.
pub(super) fn dib_size(bytes: &[u8]) -> Option<usize> {
    let size = read_u32(bytes, FILE_HEADER)?;
    DIB_SIZES.contains(&size).then(|| usize::try_from(size).ok()).flatten()
}

/// Judges both headers, of which `bytes` hold all.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Bitmap, Fault> {
    let fields = Fields::read(bytes).ok_or(Fault::Truncated)?;
    if fields.planes != 1 {
        return Err(Fault::Malformed("a bitmap has one plane"));
    }
    let width = u32::try_from(fields.width).ok().filter(|width| *width > 0);
    let width = width.ok_or(Fault::Malformed("the width is not positive"))?;
    let height = u32::try_from(fields.height.unsigned_abs()).unwrap_or(u32::MAX);
    limits.check_pixels(u64::from(width), u64::from(height))?;
    let coding = fields.coding()?;
    let bitmap = Bitmap {
        width,
        height,
        bits: fields.bits,
        coding,
        pixels_at: u64::from(fields.pixels_at),
        least_end: 0,
    };
    if bitmap.pixels_at < fields.tables_end() {
        return Err(Fault::Malformed("the pixels overlap the headers or the palette"));
    }
    let pixels_end = bitmap.pixels_at
        + match coding {
            Coding::Plain => bitmap.plain_bytes(),
            Coding::Rle(_) => u64::from(fields.image_size),
        };
    let least_end = pixels_end.max(fields.profile_end).max(u64::from(fields.file_size));
    Ok(Bitmap { least_end, ..bitmap })
}

/// The fields as they stand in the file.
#[derive(Debug)]
struct Fields {
    file_size: u32,
    pixels_at: u32,
    dib_size: u32,
    width: i64,
    height: i64,
    planes: u16,
    bits: u16,
    compression: u32,
    image_size: u32,
    colours: u32,
    /// Where the colour profile of a version 5 header ends, or 0.
    profile_end: u64,
}

impl Fields {
    fn read(bytes: &[u8]) -> Option<Self> {
        let dib_size = read_u32(bytes, 14)?;
        let old = dib_size == 12;
        let field = |at: usize| if dib_size >= 40 { read_u32(bytes, at) } else { Some(0) };
        Some(Self {
            file_size: read_u32(bytes, 2)?,
            pixels_at: read_u32(bytes, 10)?,
            dib_size,
            width: if old { read_u16(bytes, 18)?.into() } else { read_i32(bytes, 18)?.into() },
            height: if old { read_u16(bytes, 20)?.into() } else { read_i32(bytes, 22)?.into() },
            planes: read_u16(bytes, if old { 22 } else { 26 })?,
            bits: read_u16(bytes, if old { 24 } else { 28 })?,
            compression: field(30)?,
            image_size: field(34)?,
            colours: field(46)?,
            profile_end: profile_end(bytes, dib_size),
        })
    }

    fn coding(&self) -> Result<Coding, Fault> {
        /// OS/2 gives the numbers from 3 on other meanings.
        const OS2_SIZE: u32 = 64;
        let top_down = self.height < 0;
        match (self.compression, self.bits) {
            (0, 1 | 2 | 4 | 8 | 16 | 24 | 32) => Ok(Coding::Plain),
            (1, 8) if !top_down => Ok(Coding::Rle(Unit::Byte)),
            (2, 4) if !top_down => Ok(Coding::Rle(Unit::Nibble)),
            (3 | 6, 16 | 32) if self.dib_size != OS2_SIZE => Ok(Coding::Plain),
            (4 | 5, _) if self.dib_size != OS2_SIZE => {
                Err(Fault::Malformed("a JPEG or PNG inside a bitmap"))
            }
            _other => Err(Fault::Malformed("the compression and bits per pixel do not match")),
        }
    }

    /// Where headers, masks and the palette end, as far as they are declared.
    fn tables_end(&self) -> u64 {
        let masks = match (self.dib_size, self.compression) {
            (40, 3) => 12,
            (40, 6) => 16,
            _inside => 0,
        };
        FILE_HEADER as u64 + u64::from(self.dib_size) + masks + u64::from(self.colours) * 4
    }
}

/// A profile that a version 5 header embeds or links (`PROFILE_EMBEDDED`, `PROFILE_LINKED`).
fn profile_end(bytes: &[u8], dib_size: u32) -> u64 {
    let kind = if dib_size == 124 { read_u32(bytes, 14 + 56) } else { None };
    match kind.map(u32::to_be_bytes) {
        Some([b'M', b'B', b'E', b'D'] | [b'L', b'I', b'N', b'K']) => {
            let at = read_u32(bytes, 14 + 112).map_or(0, u64::from);
            let size = read_u32(bytes, 14 + 116).map_or(0, u64::from);
            FILE_HEADER as u64 + at + size
        }
        Some(_) | None => 0,
    }
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|field| u32::from_le_bytes(*field))
}

fn read_i32(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..)?.first_chunk().map(|field| i32::from_le_bytes(*field))
}

fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|field| u16::from_le_bytes(*field))
}
