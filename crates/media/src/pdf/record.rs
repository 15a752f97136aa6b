//! What one object or trailer said of itself, gathered while its tokens pass.

use super::keys::{Key, Type};

/// Filters of one stream, crypt filters of one document: more have no use in a real file.
pub(super) const LIST_MAX: usize = 8;

/// A stream filter (ISO 32000-2 table 6); those of images are all [`Filter::Unknown`] here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Flate,
    Lzw,
    AsciiHex,
    Ascii85,
    RunLength,
    Crypt,
    Unknown,
}

impl Filter {
    /// The filter of that name or abbreviation; readers take both everywhere.
    fn of(name: &[u8]) -> Self {
        match name {
            b"FlateDecode" | b"Fl" => Self::Flate,
            b"LZWDecode" | b"LZW" => Self::Lzw,
            b"ASCIIHexDecode" | b"AHx" => Self::AsciiHex,
            b"ASCII85Decode" | b"A85" => Self::Ascii85,
            b"RunLengthDecode" | b"RL" => Self::RunLength,
            b"Crypt" => Self::Crypt,
            _ => Self::Unknown,
        }
    }
}

/// Parameters of one filter (ISO 32000-2 tables 8 and 14), with their defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parms {
    pub(super) predictor: i64,
    pub(super) colors: i64,
    pub(super) bits: i64,
    pub(super) columns: i64,
    pub(super) early_change: i64,
    /// The crypt filter that a `Crypt` filter names.
    pub(super) name: Vec<u8>,
}

impl Default for Parms {
    fn default() -> Self {
        let name = b"Identity".to_vec();
        Self { predictor: 1, colors: 1, bits: 8, columns: 1, early_change: 1, name }
    }
}

/// How a crypt filter ciphers (ISO 32000-2 table 25).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Method {
    #[default]
    Identity,
    Rc4,
    Aes128,
    Aes256,
    Unknown,
}

impl Method {
    fn of(name: &[u8]) -> Self {
        match name {
            b"None" => Self::Identity,
            b"V2" => Self::Rc4,
            b"AESV2" => Self::Aes128,
            b"AESV3" => Self::Aes256,
            _ => Self::Unknown,
        }
    }
}

/// The entries of an encryption dictionary (ISO 32000-2 tables 20 and 21).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Handler {
    /// `/Filter /Standard`
    pub(super) standard: bool,
    pub(super) version: i64,
    pub(super) revision: i64,
    /// In bits.
    pub(super) key_length: Option<i64>,
    pub(super) permissions: i64,
    pub(super) owner: Vec<u8>,
    pub(super) user: Vec<u8>,
    pub(super) owner_key: Vec<u8>,
    pub(super) user_key: Vec<u8>,
    pub(super) clear_metadata: bool,
    pub(super) filters: Vec<(Vec<u8>, Method)>,
    pub(super) stream_filter: Option<Vec<u8>>,
}

/// Where a trailer says that the encryption dictionary is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encrypt {
    /// The object of that number.
    At(u32),
    /// In the trailer itself.
    Here,
    /// Somewhere that makes no sense.
    Nowhere,
}

/// What one object or trailer said of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) kind: Option<Type>,
    /// `/Subtype` is there: an annotation, never a page.
    pub(super) has_subtype: bool,
    /// `/Contents`, `/MediaBox` or `/Resources` is there.
    pub(super) has_page_entry: bool,
    pub(super) has_kids: bool,
    pub(super) has_parent: bool,
    pub(super) pages: Option<u32>,
    pub(super) count: Option<i64>,
    /// `/Length` when it is a direct number, in bytes.
    pub(super) length: Option<u64>,
    pub(super) filters: Vec<Filter>,
    pub(super) parms: Vec<Parms>,
    /// Filters or their parameters are in other objects, or too many.
    pub(super) filters_elsewhere: bool,
    /// `/N` and `/First`, present in any form, and their direct values.
    pub(super) has_number: bool,
    pub(super) has_first: bool,
    pub(super) number: Option<u32>,
    pub(super) first: Option<u32>,
    /// The stream's bytes are in another file.
    pub(super) is_external: bool,
    pub(super) widths: Vec<u8>,
    pub(super) root: Option<u32>,
    /// `/Prev` and `/XRefStm`: offsets of other cross-reference sections.
    pub(super) sections: Vec<u64>,
    pub(super) encrypt: Option<Encrypt>,
    pub(super) id: Option<Vec<u8>>,
    pub(super) handler: Handler,
}

/// A value as a dictionary or array sees it; containers are seen as they open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Null,
    False,
    True,
    Int(i64),
    Real,
    Name(&'a [u8]),
    Text(&'a [u8]),
    /// The number of the object referred to.
    Reference(u32),
    Array,
    Dict,
}

impl Record {
    /// Takes an entry of the object's own dictionary.
    pub(super) fn entry(&mut self, key: Key, value: Value<'_>) {
        match (key, value) {
            (_, Value::Null) => {}
            (Key::Type, Value::Name(name)) => self.kind = Some(Type::of(name)),
            (Key::Subtype, _) => self.has_subtype = true,
            (Key::Contents | Key::MediaBox | Key::Resources, _) => self.has_page_entry = true,
            (Key::Kids, _) => self.has_kids = true,
            (Key::Parent, _) => self.has_parent = true,
            (Key::Pages, Value::Reference(number)) => self.pages = Some(number),
            (Key::Count, Value::Int(n)) => self.count = Some(n),
            (Key::Filter, Value::Name(name)) => {
                self.handler.standard = name == b"Standard";
                self.filter(Filter::of(name));
            }
            (Key::Filter, Value::Reference(_)) => self.filters_elsewhere = true,
            (Key::DecodeParms, Value::Reference(_) | Value::Dict) => self.parms_element(value),
            (Key::Number, _) => {
                self.has_number = true;
                self.number = value.size();
            }
            (Key::First, _) => {
                self.has_first = true;
                self.first = value.size();
            }
            (Key::ExternalFile, _) => self.is_external = true,
            (Key::Root, Value::Reference(number)) => self.root = Some(number),
            (Key::Prev | Key::XrefStream, Value::Int(at)) => {
                self.sections.extend(u64::try_from(at));
            }
            (Key::Encrypt, _) => {
                self.encrypt = Some(if let Value::Reference(number) = value {
                    Encrypt::At(number)
                } else if value == Value::Dict {
                    Encrypt::Here
                } else {
                    Encrypt::Nowhere
                });
            }
            (Key::Length, Value::Int(n)) => {
                self.length = u64::try_from(n).ok();
                self.handler.entry(key, value);
            }
            _ => self.handler.entry(key, value),
        }
    }

    /// Adds a filter to the chain.
    pub(super) fn filter(&mut self, filter: Filter) {
        if self.filters.len() < LIST_MAX {
            self.filters.push(filter);
        } else {
            self.filters_elsewhere = true;
        }
    }

    /// Takes an element of the `/Filter` array.
    pub(super) fn filter_element(&mut self, value: Value<'_>) {
        if let Value::Name(name) = value {
            self.filter(Filter::of(name));
        } else {
            self.filters_elsewhere = true;
        }
    }

    /// Opens the parameters of the next filter; `Reference` says that they are elsewhere.
    pub(super) fn parms_element(&mut self, value: Value<'_>) {
        if matches!(value, Value::Reference(_)) || self.parms.len() >= LIST_MAX {
            self.filters_elsewhere = true;
        } else {
            self.parms.push(Parms::default());
        }
    }

    /// Takes an entry of the filter parameters opened last.
    pub(super) fn parms_entry(&mut self, key: Key, value: Value<'_>) {
        let Some(parms) = self.parms.last_mut() else { return };
        match (key, value) {
            (Key::Predictor, Value::Int(n)) => parms.predictor = n,
            (Key::Colors, Value::Int(n)) => parms.colors = n,
            (Key::BitsPerComponent, Value::Int(n)) => parms.bits = n,
            (Key::Columns, Value::Int(n)) => parms.columns = n,
            (Key::EarlyChange, Value::Int(n)) => parms.early_change = n,
            (Key::Name, Value::Name(name)) => parms.name = short(name),
            (_, Value::Reference(_)) => self.filters_elsewhere = true,
            _ => {}
        }
    }

    /// Takes an element of `/W`; what is not a small number is kept as one that is too large.
    pub(super) fn width(&mut self, value: Value<'_>) {
        if self.widths.len() < LIST_MAX {
            self.widths.push(value.size().and_then(|n| u8::try_from(n).ok()).unwrap_or(u8::MAX));
        }
    }

    /// Takes an element of `/ID`; only the first is of use.
    pub(super) fn id_element(&mut self, value: Value<'_>) {
        if let (Value::Text(text), None) = (value, &self.id) {
            self.id = Some(short(text));
        }
    }
}

impl Handler {
    /// Takes an entry of the encryption dictionary.
    pub(super) fn entry(&mut self, key: Key, value: Value<'_>) {
        match (key, value) {
            (Key::Filter, Value::Name(name)) => self.standard = name == b"Standard",
            (Key::Version, Value::Int(n)) => self.version = n,
            (Key::Revision, Value::Int(n)) => self.revision = n,
            (Key::Length, Value::Int(n)) => self.key_length = Some(n),
            (Key::Permissions, Value::Int(n)) => self.permissions = n,
            (Key::OwnerEntry, Value::Text(text)) => self.owner = short(text),
            (Key::OwnerSealed, Value::Text(text)) => self.owner_key = short(text),
            (Key::UserEntry, Value::Text(text)) => self.user = short(text),
            (Key::UserSealed, Value::Text(text)) => self.user_key = short(text),
            (Key::EncryptMetadata, Value::False) => self.clear_metadata = true,
            (Key::StreamFilter, Value::Name(name)) => self.stream_filter = Some(short(name)),
            _ => {}
        }
    }

    /// Opens the crypt filter called `name`.
    pub(super) fn open_filter(&mut self, name: &[u8]) {
        if self.filters.len() < LIST_MAX {
            self.filters.push((short(name), Method::Identity));
        }
    }

    /// Takes an entry of the crypt filter opened last.
    pub(super) fn filter_entry(&mut self, key: Key, value: Value<'_>) {
        if let (Key::CryptFilterMethod, Value::Name(name)) = (key, value)
            && let Some((_, method)) = self.filters.last_mut()
        {
            *method = Method::of(name);
        }
    }
}

/// The longest entry of an encryption dictionary, name or identifier that is kept, in bytes; a
/// longer one makes a key that opens nothing.
const SHORT_MAX: usize = 128;

fn short(text: &[u8]) -> Vec<u8> {
    text.iter().copied().take(SHORT_MAX).collect()
}

impl Value<'_> {
    fn size(self) -> Option<u32> {
        if let Value::Int(n) = self { u32::try_from(n).ok() } else { None }
    }
}
