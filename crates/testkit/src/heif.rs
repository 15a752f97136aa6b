//! HEIF pictures and sequences (ISO/IEC 23008-12).

use crate::mp4::{Mp4, boxed, file_type, full_box, words};

/// A whole HEIC file: one HEVC picture of 64 × 48 pixels.
#[must_use]
pub fn heic() -> Vec<u8> {
    Heif::still(b"hvc1").build()
}

/// A HEIC file whose primary picture is a grid of two tiles, 100 × 48 pixels in all.
#[must_use]
pub fn grid() -> Vec<u8> {
    Heif::grid((1, 2), (100, 48)).build()
}

/// An AVIF picture.
#[must_use]
pub fn avif() -> Vec<u8> {
    Heif::still(b"av01").brands(&[b"avif", b"mif1", b"miaf"]).build()
}

/// An image sequence of HEVC without a still.
#[must_use]
pub fn sequence() -> Vec<u8> {
    Mp4::new().brands(&[b"msf1", b"hevc", b"iso8"]).handler(b"pict").coding(b"hvc1").build()
}

/// Where the bytes of an item stand.
#[derive(Clone, Debug)]
pub enum Data {
    /// In `mdat` (construction method 0).
    Media(Vec<u8>),
    /// In `idat` (construction method 1).
    Meta(Vec<u8>),
    /// In a range, from an offset with a length, as a construction method counts.
    At(u16, u32, u32),
    /// The item has no location.
    None,
}

#[derive(Clone, Debug)]
struct Item {
    kind: [u8; 4],
    size: Option<(u32, u32)>,
    data: Data,
}

/// How to build a file; every method changes one thing. Items count from 1.
#[derive(Clone, Debug)]
pub struct Heif {
    brands: Vec<[u8; 4]>,
    items: Vec<Item>,
    references: Vec<([u8; 4], u16, Vec<u16>)>,
    primary: u16,
    meta_last: bool,
    in_meta: Vec<u8>,
    last: Vec<u8>,
}

impl Heif {
    /// A HEIC file without items.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            brands: vec![*b"heic", *b"mif1", *b"heic", *b"miaf"],
            items: Vec::new(),
            references: Vec::new(),
            primary: 1,
            meta_last: false,
            in_meta: Vec::new(),
            last: Vec::new(),
        }
    }

    /// One picture of 64 × 48 pixels in some coding.
    #[must_use]
    pub fn still(coding: &[u8; 4]) -> Self {
        Self::empty().item(coding, Some((64, 48)), Data::Media(vec![0x26; 40]))
    }

    /// A grid of `shape.0` rows and `shape.1` columns of tiles of 64 × 48 pixels.
    #[must_use]
    pub fn grid(shape: (u8, u8), output: (u32, u32)) -> Self {
        let tiles = u16::from(shape.0) * u16::from(shape.1);
        let mut heif = Self::empty();
        for _tile in 0..tiles {
            heif = heif.item(b"hvc1", Some((64, 48)), Data::Media(vec![0x26; 20]));
        }
        let description = grid_description(shape, output);
        heif.item(b"grid", Some(output), Data::Meta(description))
            .reference(b"dimg", tiles + 1, &(1..=tiles).collect::<Vec<_>>())
            .primary(tiles + 1)
    }

    /// An overlay of one picture on a canvas.
    #[must_use]
    pub fn overlay(output: (u32, u32)) -> Self {
        let mut description = vec![0, 1];
        description.extend([0; 8]);
        description.extend(words(&[output.0, output.1, 0, 0]));
        Self::still(b"hvc1")
            .item(b"iovl", None, Data::Meta(description))
            .reference(b"dimg", 2, &[1])
            .primary(2)
    }

    /// The identity of a picture.
    #[must_use]
    pub fn identity() -> Self {
        Self::still(b"hvc1").item(b"iden", None, Data::None).reference(b"dimg", 2, &[1]).primary(2)
    }

    /// The major brand, then the compatible ones.
    #[must_use]
    pub fn brands(mut self, brands: &[&[u8; 4]]) -> Self {
        self.brands = brands.iter().map(|b| **b).collect();
        self
    }

    /// One more item.
    #[must_use]
    pub fn item(mut self, kind: &[u8; 4], size: Option<(u32, u32)>, data: Data) -> Self {
        self.items.push(Item { kind: *kind, size, data });
        self
    }

    /// One more reference between items.
    #[must_use]
    pub fn reference(mut self, kind: &[u8; 4], from: u16, to: &[u16]) -> Self {
        self.references.push((*kind, from, to.to_vec()));
        self
    }

    /// The primary item.
    #[must_use]
    pub fn primary(mut self, item: u16) -> Self {
        self.primary = item;
        self
    }

    /// The `meta` box after the media.
    #[must_use]
    pub fn meta_last(mut self) -> Self {
        self.meta_last = true;
        self
    }

    /// More boxes inside `meta`.
    #[must_use]
    pub fn in_meta(mut self, boxes: &[u8]) -> Self {
        self.in_meta = boxes.to_vec();
        self
    }

    /// Bytes after the last box.
    #[must_use]
    pub fn last(mut self, bytes: &[u8]) -> Self {
        self.last = bytes.to_vec();
        self
    }

    /// The bytes of the file.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let media = self.items.iter().filter_map(|item| match &item.data {
            Data::Media(bytes) => Some(bytes.as_slice()),
            Data::Meta(_) | Data::At(..) | Data::None => None,
        });
        let media = boxed(b"mdat", &media.collect::<Vec<_>>().concat());
        let brands = file_type(&self.brands);
        if self.meta_last {
            let meta = self.meta(brands.len() + 8);
            return [brands, media, meta, self.last.clone()].concat();
        }
        let meta = self.meta(brands.len() + self.meta(0).len() + 8);
        [brands, meta, media, self.last.clone()].concat()
    }

    fn meta(&self, media_at: usize) -> Vec<u8> {
        let idat = self.items.iter().filter_map(|item| match &item.data {
            Data::Meta(bytes) => Some(bytes.as_slice()),
            Data::Media(_) | Data::At(..) | Data::None => None,
        });
        let handler = [&[0; 4], b"pict".as_slice(), &[0; 13]].concat();
        let children = [
            full_box(b"hdlr", 0, 0, &handler),
            full_box(b"pitm", 0, 0, &self.primary.to_be_bytes()),
            boxed(b"idat", &idat.collect::<Vec<_>>().concat()),
            self.locations(media_at),
            self.infos(),
            self.properties(),
            self.all_references(),
            self.in_meta.clone(),
        ];
        full_box(b"meta", 0, 0, &children.concat())
    }

    fn locations(&self, media_at: usize) -> Vec<u8> {
        let (mut media_at, mut idat_at) = (media_at, 0);
        let mut payload = vec![0x44, 0];
        let located = self.items.iter().filter(|i| !matches!(i.data, Data::None)).count();
        payload.extend(number(located));
        for (item, id) in self.items.iter().zip(1_u16..) {
            let (method, offset, len) = match &item.data {
                Data::None => continue,
                Data::At(method, offset, len) => (*method, *offset, *len),
                Data::Media(bytes) => {
                    media_at += bytes.len();
                    (0, small(media_at - bytes.len()), small(bytes.len()))
                }
                Data::Meta(bytes) => {
                    idat_at += bytes.len();
                    (1, small(idat_at - bytes.len()), small(bytes.len()))
                }
            };
            payload.extend(id.to_be_bytes());
            payload.extend(method.to_be_bytes());
            payload.extend([0, 0, 0, 1]);
            payload.extend(words(&[offset, len]));
        }
        full_box(b"iloc", 1, 0, &payload)
    }

    fn infos(&self) -> Vec<u8> {
        let mut payload = number(self.items.len()).to_vec();
        for (item, id) in self.items.iter().zip(1_u16..) {
            let info = [&id.to_be_bytes(), [0, 0].as_slice(), &item.kind, &[0]].concat();
            payload.extend(full_box(b"infe", 2, 0, &info));
        }
        full_box(b"iinf", 0, 0, &payload)
    }

    /// The first property is the decoder configuration of all; sizes follow.
    fn properties(&self) -> Vec<u8> {
        let mut properties = boxed(b"hvcC", &[1; 23]);
        let mut associations = words(&[small(self.items.len())]);
        let mut sizes = Vec::new();
        for (item, id) in self.items.iter().zip(1_u16..) {
            associations.extend(id.to_be_bytes());
            let Some(size) = item.size else {
                associations.extend([1, 0x81]);
                continue;
            };
            let at = sizes.iter().position(|s| *s == size).unwrap_or_else(|| {
                properties.extend(full_box(b"ispe", 0, 0, &words(&[size.0, size.1])));
                sizes.push(size);
                sizes.len() - 1
            });
            let index = u8::try_from(at + 2).expect("a test file has few sizes");
            associations.extend([2, 0x81, index]);
        }
        let properties = boxed(b"ipco", &properties);
        boxed(b"iprp", &[properties, full_box(b"ipma", 0, 0, &associations)].concat())
    }

    fn all_references(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        for (kind, from, to) in &self.references {
            let ids = to.iter().flat_map(|id| id.to_be_bytes());
            let head = from.to_be_bytes().into_iter().chain(number(to.len()));
            payload.extend(boxed(kind, &head.chain(ids).collect::<Vec<_>>()));
        }
        full_box(b"iref", 0, 0, &payload)
    }
}

/// The payload of a grid item with 32-bit sides.
#[must_use]
pub fn grid_description((rows, columns): (u8, u8), output: (u32, u32)) -> Vec<u8> {
    let mut description = vec![0, 1, rows - 1, columns - 1];
    description.extend(words(&[output.0, output.1]));
    description
}

fn number(n: usize) -> [u8; 2] {
    u16::try_from(n).expect("a test file has few items").to_be_bytes()
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("a test file is small")
}
