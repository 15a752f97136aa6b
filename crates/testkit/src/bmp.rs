//! Windows bitmaps, with every header field open to lies.

/// A bitmap with a 40-byte header.
#[derive(Clone, Debug)]
pub struct Bmp {
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels, negative when the first row is the top one.
    pub height: i32,
    /// Planes, 1 in a sound file.
    pub planes: u16,
    /// Bits per pixel.
    pub bits: u16,
    /// 0 none, 1 RLE8, 2 RLE4, 3 masks, 4 JPEG, 5 PNG.
    pub compression: u32,
    /// Entries of the palette, as declared.
    pub colours: u32,
    /// Where the pixels begin, as declared.
    pub pixels_at: u32,
    /// Length of the file, as declared; the true one when `None`.
    pub file_size: Option<u32>,
    /// What stands behind the header.
    pub body: Vec<u8>,
}

impl Bmp {
    /// A sound black picture of 24 bits per pixel.
    #[must_use]
    pub fn black(width: u16, height: u16) -> Self {
        let row = (usize::from(width) * 3).next_multiple_of(4);
        Self {
            width: width.into(),
            height: height.into(),
            planes: 1,
            bits: 24,
            compression: 0,
            colours: 0,
            pixels_at: 54,
            file_size: None,
            body: vec![0; row * usize::from(height)],
        }
    }

    /// A sound picture of run-length coded bytes with a palette of two colours.
    #[must_use]
    pub fn runs(width: u16, height: u16, codes: &[u8]) -> Self {
        let mut body = vec![0, 0, 0, 0, 255, 255, 255, 0];
        body.extend_from_slice(codes);
        let plain = Self::black(width, height);
        Self { bits: 8, compression: 1, colours: 2, pixels_at: 62, body, ..plain }
    }

    /// The bytes of the file.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let size = self.file_size.unwrap_or(54 + self.body.len() as u32);
        let mut file = b"BM".to_vec();
        file.extend(size.to_le_bytes());
        file.extend([0; 4]);
        file.extend(self.pixels_at.to_le_bytes());
        file.extend(40_u32.to_le_bytes());
        file.extend(self.width.to_le_bytes());
        file.extend(self.height.to_le_bytes());
        file.extend(self.planes.to_le_bytes());
        file.extend(self.bits.to_le_bytes());
        file.extend(self.compression.to_le_bytes());
        file.extend([0; 12]);
        file.extend(self.colours.to_le_bytes());
        file.extend([0; 4]);
        file.extend_from_slice(&self.body);
        file
    }
}
