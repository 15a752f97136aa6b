//! Numbers and keywords, and the pairs of numbers that head references and objects.

/// What a run of regular characters is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Int(i64),
    Real,
    True,
    False,
    Null,
    /// `R`, after two numbers
    Reference,
    /// `obj`, after two numbers
    Object,
    /// `endobj`; some programs write the next object right behind it
    EndObject,
    Stream,
    EndStream,
    Xref,
    Trailer,
    StartXref,
    /// `n`, of a cross-reference entry in use
    InUse,
    /// `f`, of a free cross-reference entry
    Free,
    Other,
}

impl Word {
    pub(super) fn of(text: &[u8]) -> Self {
        // Numbers are by far the most frequent.
        if text.first().is_some_and(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.')) {
            return Self::number(text);
        }
        match text {
            b"true" => Self::True,
            b"false" => Self::False,
            b"null" => Self::Null,
            b"R" => Self::Reference,
            b"obj" => Self::Object,
            b"stream" => Self::Stream,
            b"endstream" | b"endstreamendobj" => Self::EndStream,
            b"xref" => Self::Xref,
            b"trailer" => Self::Trailer,
            b"startxref" => Self::StartXref,
            b"n" => Self::InUse,
            b"f" => Self::Free,
            _ if text.starts_with(b"endobj") => Self::EndObject,
            _ => Self::Other,
        }
    }

    fn number(text: &[u8]) -> Self {
        let (negative, digits) = match text.split_first() {
            Some((b'-', digits)) => (true, digits),
            Some((b'+', digits)) => (false, digits),
            _ => (false, text),
        };
        let (mut size, mut dots) = (0_i64, 0);
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    size = size.saturating_mul(10).saturating_add(i64::from(byte - b'0'))
                }
                b'.' => dots += 1,
                _ => return Self::Other,
            }
        }
        if digits.len() == dots {
            Self::Other
        } else if dots > 0 {
            Self::Real
        } else {
            Self::Int(if negative { -size } else { size })
        }
    }
}

/// A whole number and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) value: i64,
    /// Offset of its first digit.
    pub(super) start: u64,
    /// White space right before it, in bytes.
    pub(super) blank: u64,
}

/// The last two numbers, when nothing stands after them: they may head a reference or an object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pair {
    first: Option<Number>,
    second: Option<Number>,
}

impl Pair {
    /// True when there is no number.
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Adds a number; answers the one that it pushes out.
    pub(super) fn push(&mut self, number: Number) -> Option<Number> {
        let out = if self.second.is_some() { self.first } else { None };
        if let Some(second) = self.second {
            self.first = Some(second);
        }
        if self.first.is_none() {
            self.first = Some(number);
        } else {
            self.second = Some(number);
        }
        out
    }

    /// Takes both numbers, when there are two.
    pub(super) fn take(&mut self) -> Option<(Number, Number)> {
        let pair = self.first.zip(self.second);
        *self = Self::default();
        pair
    }

    /// Takes whatever numbers there are, in order.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Number> + use<> {
        let pair = std::mem::take(self);
        pair.first.into_iter().chain(pair.second)
    }
}
