//! MP4, QuickTime and 3GP files of one track and two samples (ISO/IEC 14496-12).

/// The two samples of every file; they stand for coded pictures and decode to nothing.
const SAMPLES: [&[u8]; 2] = [&[0x65; 48], &[0x41; 16]];

/// A box: size, name, payload.
#[must_use]
pub fn boxed(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len() + 8).expect("a test box is small");
    [&size.to_be_bytes(), kind.as_slice(), payload].concat()
}

/// A box whose payload starts with a version and flags.
#[must_use]
pub fn full_box(kind: &[u8; 4], version: u8, flags: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = flags.to_be_bytes();
    boxed(kind, &[&[version, a, b, c], payload].concat())
}

/// `bytes` with those at `offset` after the first `kind` replaced by `with`; offset 0 is the
/// first byte of the payload, -8 the first of the size.
///
/// # Panics
/// When the box is not there, or the place is outside the file.
#[must_use]
pub fn patched(mut bytes: Vec<u8>, kind: &[u8; 4], offset: isize, with: &[u8]) -> Vec<u8> {
    let name = bytes.windows(4).position(|w| w == kind).expect("the box is there");
    let at = (name + 4).checked_add_signed(offset).expect("the place is inside");
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

/// A whole MP4 file with one AVC track of 320 × 240 pixels and 2 seconds.
#[must_use]
pub fn mp4() -> Vec<u8> {
    Mp4::new().build()
}

/// How to build a file; every method changes one thing.
#[derive(Clone, Debug)]
pub struct Mp4 {
    brands: Option<Vec<[u8; 4]>>,
    handler: [u8; 4],
    coding: [u8; 4],
    moov_last: bool,
    fragmented: bool,
    media_size: MediaSize,
    reference: Vec<u8>,
    first: Vec<u8>,
    last: Vec<u8>,
    padded_to: Option<usize>,
    tables: Vec<([u8; 4], Vec<u8>)>,
    in_moov: Vec<u8>,
    chunk_offset: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MediaSize {
    Bits32,
    Bits64,
    ToEnd,
}

impl Default for Mp4 {
    fn default() -> Self {
        Self::new()
    }
}

impl Mp4 {
    /// The file of [`mp4`].
    #[must_use]
    pub fn new() -> Self {
        Self {
            brands: Some(vec![*b"isom", *b"iso2", *b"avc1", *b"mp41"]),
            handler: *b"vide",
            coding: *b"avc1",
            moov_last: false,
            fragmented: false,
            media_size: MediaSize::Bits32,
            reference: full_box(b"url ", 0, 1, &[]),
            first: Vec::new(),
            last: Vec::new(),
            padded_to: None,
            tables: Vec::new(),
            in_moov: Vec::new(),
            chunk_offset: None,
        }
    }

    /// The major brand, then the compatible ones.
    #[must_use]
    pub fn brands(mut self, brands: &[&[u8; 4]]) -> Self {
        self.brands = Some(brands.iter().map(|b| **b).collect());
        self
    }

    /// No `ftyp` box, as old QuickTime writes.
    #[must_use]
    pub fn without_ftyp(mut self) -> Self {
        self.brands = None;
        self
    }

    /// The handler of the track: `vide`, `soun`, `pict`.
    #[must_use]
    pub fn handler(mut self, handler: &[u8; 4]) -> Self {
        self.handler = *handler;
        self
    }

    /// The coding of the track.
    #[must_use]
    pub fn coding(mut self, coding: &[u8; 4]) -> Self {
        self.coding = *coding;
        self
    }

    /// A track of sound instead of video.
    #[must_use]
    pub fn audio_only(self) -> Self {
        self.handler(b"soun").coding(b"mp4a")
    }

    /// The movie header after the media, as cameras write it.
    #[must_use]
    pub fn moov_last(mut self) -> Self {
        self.moov_last = true;
        self
    }

    /// The samples in two movie fragments.
    #[must_use]
    pub fn fragmented(mut self) -> Self {
        self.fragmented = true;
        self
    }

    /// The media in a box with a 64-bit size.
    #[must_use]
    pub fn large_media(mut self) -> Self {
        self.media_size = MediaSize::Bits64;
        self
    }

    /// The media in a last box without a size.
    #[must_use]
    pub fn media_to_end(mut self) -> Self {
        self.media_size = MediaSize::ToEnd;
        self
    }

    /// Another entry for the `dref` box.
    #[must_use]
    pub fn reference(mut self, entry: Vec<u8>) -> Self {
        self.reference = entry;
        self
    }

    /// Bytes before the first box of the movie, after `ftyp`.
    #[must_use]
    pub fn first(mut self, bytes: &[u8]) -> Self {
        self.first = bytes.to_vec();
        self
    }

    /// Bytes after the last box.
    #[must_use]
    pub fn last(mut self, bytes: &[u8]) -> Self {
        self.last = bytes.to_vec();
        self
    }

    /// A `free` box at the end that makes the file `size` bytes long.
    #[must_use]
    pub fn padded_to(mut self, size: usize) -> Self {
        self.padded_to = Some(size);
        self
    }

    /// Another payload for a box of `stbl`, which is added when it is not one of the usual ones.
    #[must_use]
    pub fn table(mut self, kind: &[u8; 4], payload: &[u8]) -> Self {
        self.tables.push((*kind, payload.to_vec()));
        self
    }

    /// More boxes inside `moov`.
    #[must_use]
    pub fn in_moov(mut self, boxes: &[u8]) -> Self {
        self.in_moov = boxes.to_vec();
        self
    }

    /// Another chunk offset than the right one.
    #[must_use]
    pub fn chunk_offset(mut self, offset: u32) -> Self {
        self.chunk_offset = Some(offset);
        self
    }

    /// The bytes of the file.
    ///
    /// # Panics
    /// When it should be padded to less than it holds.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let mut file = self.brands.as_ref().map(|brands| file_type(brands)).unwrap_or_default();
        file.extend(&self.first);
        if self.fragmented {
            file.extend(self.moov(0));
            for sample in SAMPLES {
                file.extend(fragment(sample));
            }
        } else if self.moov_last {
            let offset = file.len() + self.media().len() - SAMPLES.concat().len();
            file.extend(self.media());
            file.extend(self.moov(offset));
        } else {
            let media = self.media();
            let offset = file.len() + self.moov(0).len() + media.len() - SAMPLES.concat().len();
            file.extend(self.moov(offset));
            file.extend(media);
        }
        if let Some(size) = self.padded_to {
            file.extend(boxed(b"free", &vec![0; size - file.len() - 8]));
        }
        file.extend(&self.last);
        file
    }

    fn media(&self) -> Vec<u8> {
        let samples = SAMPLES.concat();
        match self.media_size {
            MediaSize::Bits32 => boxed(b"mdat", &samples),
            MediaSize::Bits64 => {
                let size = (samples.len() as u64 + 16).to_be_bytes();
                [b"\0\0\0\x01mdat", size.as_slice(), &samples].concat()
            }
            MediaSize::ToEnd => [b"\0\0\0\0mdat", samples.as_slice()].concat(),
        }
    }

    fn moov(&self, offset: usize) -> Vec<u8> {
        let offset = u32::try_from(offset).expect("a test file is small");
        let mut header = vec![0; 96];
        header[8..12].copy_from_slice(&1000_u32.to_be_bytes());
        header[12..16].copy_from_slice(&2000_u32.to_be_bytes());
        let extends = if self.fragmented {
            boxed(b"mvex", &full_box(b"trex", 0, 0, &words(&[1, 1, 0, 0, 0])))
        } else {
            Vec::new()
        };
        let header = full_box(b"mvhd", 0, 0, &header);
        boxed(b"moov", &[header, self.track(offset), extends, self.in_moov.clone()].concat())
    }

    fn track(&self, offset: u32) -> Vec<u8> {
        let mut header = vec![0; 80];
        header[8..12].copy_from_slice(&1_u32.to_be_bytes());
        header[72..80].copy_from_slice(&words(&[320 << 16, 240 << 16]));
        let handler = [&[0; 4], self.handler.as_slice(), &[0; 13]].concat();
        let references = [words(&[1]), self.reference.clone()].concat();
        let information = [
            full_box(b"vmhd", 0, 1, &[0; 8]),
            boxed(b"dinf", &full_box(b"dref", 0, 0, &references)),
            boxed(b"stbl", &self.sample_table(offset)),
        ];
        let media = [
            full_box(b"mdhd", 0, 0, &words(&[0, 0, 1000, 2000, 0])),
            full_box(b"hdlr", 0, 0, &handler),
            boxed(b"minf", &information.concat()),
        ];
        let header = full_box(b"tkhd", 0, 3, &header);
        boxed(b"trak", &[header, boxed(b"mdia", &media.concat())].concat())
    }

    fn sample_table(&self, offset: u32) -> Vec<u8> {
        let mut entry = vec![0; 78];
        entry[7] = 1;
        if &self.handler != b"soun" {
            entry[24..28].copy_from_slice(&[1, 64, 0, 240]);
        }
        let description = [words(&[0, 1]), boxed(&self.coding, &entry)].concat();
        let sizes = SAMPLES.map(|s| u32::try_from(s.len()).expect("a sample is small"));
        let offset = self.chunk_offset.unwrap_or(offset);
        let mut tables = if self.fragmented {
            vec![
                (*b"stsd", description),
                (*b"stts", words(&[0, 0])),
                (*b"stsc", words(&[0, 0])),
                (*b"stsz", words(&[0, 0, 0])),
                (*b"stco", words(&[0, 0])),
            ]
        } else {
            vec![
                (*b"stsd", description),
                (*b"stts", words(&[0, 1, 2, 1000])),
                (*b"stsc", words(&[0, 1, 1, 2, 1])),
                (*b"stsz", words(&[0, 0, 2, sizes[0], sizes[1]])),
                (*b"stco", words(&[0, 1, offset])),
            ]
        };
        for (kind, payload) in &self.tables {
            match tables.iter_mut().find(|(name, _)| name == kind) {
                Some((_, old)) => old.clone_from(payload),
                None => tables.push((*kind, payload.clone())),
            }
        }
        tables.iter().flat_map(|(kind, payload)| boxed(kind, payload)).collect()
    }
}

/// A `ftyp` box of a major brand and the compatible ones.
#[must_use]
pub fn file_type(brands: &[[u8; 4]]) -> Vec<u8> {
    let (major, compatible) = brands.split_first().expect("there is a major brand");
    boxed(b"ftyp", &[major.as_slice(), &[0; 4], &compatible.concat()].concat())
}

/// A `moof` box and its `mdat` box, of one sample.
fn fragment(sample: &[u8]) -> Vec<u8> {
    let size = u32::try_from(sample.len()).expect("a sample is small");
    let run = |offset| full_box(b"trun", 0, 0x201, &words(&[1, offset, size]));
    let moof = |offset| {
        let track = [full_box(b"tfhd", 0, 0x02_0000, &words(&[1])), run(offset)].concat();
        let number = full_box(b"mfhd", 0, 0, &words(&[1]));
        boxed(b"moof", &[number, boxed(b"traf", &track)].concat())
    };
    let offset = u32::try_from(moof(0).len() + 8).expect("a fragment is small");
    [moof(offset), boxed(b"mdat", sample)].concat()
}

/// Big-endian 32-bit words.
#[must_use]
pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_be_bytes()).collect()
}
