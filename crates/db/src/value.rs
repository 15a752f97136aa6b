//! Values that cross between the typed methods and an engine, and rows of them.

use dossier_domain::{
    ActorId, AuditEntryId, BlobId, ByteCount, ClientId, ClientSecretId, EndpointId, EventId,
    FileId, GrantId, JobId, KeyId, ObjectId, Scopes, TideMark, Timestamp, TokenPairId, UserId,
};

use crate::error::DbError;

/// One column of a row, or one parameter of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
    /// A blob of 16 bytes. Ids are the most common parameter and need no allocation.
    Id([u8; 16]),
}

impl Value {
    /// How many bytes of text or blob it holds.
    pub(crate) const fn bytes(&self) -> usize {
        match self {
            Self::Null | Self::Integer(_) => 0,
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
            Self::Id(id) => id.len(),
        }
    }
}

/// One row of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The columns, to be taken in the order in which the statement selects them.
    pub(crate) fn columns(self) -> Columns {
        Columns { values: self.0.into_iter(), taken: 0 }
    }
}

/// The columns of a row that have not been taken yet.
pub(crate) struct Columns {
    values: std::vec::IntoIter<Value>,
    taken: usize,
}

impl Columns {
    /// The next column.
    ///
    /// # Errors
    /// `Broken` when it is missing or is no `T`.
    pub(crate) fn take<T: FromValue>(&mut self) -> Result<T, DbError> {
        self.taken += 1;
        self.values
            .next()
            .and_then(T::from_value)
            .ok_or_else(|| DbError::Broken(format!("column {} of a row", self.taken)))
    }
}

/// What a column can be read as.
pub(crate) trait FromValue: Sized {
    fn from_value(value: Value) -> Option<Self>;
}

/// The parameters of one statement, in the order of their numbers.
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::value::Value::from($value)),*] };
}
pub(crate) use params;

macro_rules! id_values {
    ($($name:ident)+) => {$(
        impl From<$name> for Value {
            fn from(id: $name) -> Self {
                Self::Id(id.to_bytes())
            }
        }

        impl FromValue for $name {
            fn from_value(value: Value) -> Option<Self> {
                <[u8; 16]>::from_value(value).map(Self::from_bytes)
            }
        }
    )+};
}

id_values! {
    ActorId AuditEntryId BlobId ClientId ClientSecretId EndpointId EventId FileId GrantId JobId
    KeyId ObjectId TideMark TokenPairId UserId
}

impl From<[u8; 32]> for Value {
    fn from(digest: [u8; 32]) -> Self {
        Self::Blob(digest.to_vec())
    }
}

impl From<[u8; 16]> for Value {
    fn from(id: [u8; 16]) -> Self {
        Self::Id(id)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

/// A limit on rows. It is held under [`crate::PAGE_ROWS_MAX`] long before it could saturate.
impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for Value {
    fn from(time: Timestamp) -> Self {
        Self::Integer(time.micros())
    }
}

/// Columns have 63 bits, and no file has 8 EiB: a larger count is kept as the largest.
impl From<ByteCount> for Value {
    fn from(size: ByteCount) -> Self {
        Self::Integer(i64::try_from(size.get()).unwrap_or(i64::MAX))
    }
}

impl From<Scopes> for Value {
    fn from(scopes: Scopes) -> Self {
        Self::Text(scopes.to_string())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes),
            Value::Id(id) => Some(id.to_vec()),
            Value::Null | Value::Integer(_) | Value::Text(_) => None,
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value) -> Option<Self> {
        Vec::from_value(value)?.try_into().ok()
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            Value::Null | Value::Integer(_) | Value::Blob(_) | Value::Id(_) => None,
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(number),
            Value::Null | Value::Text(_) | Value::Blob(_) | Value::Id(_) => None,
        }
    }
}

/// Columns know no truth values: 1 is true and 0 is not.
impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        match i64::from_value(value)? {
            0 => Some(false),
            1 => Some(true),
            _neither => None,
        }
    }
}

impl FromValue for u32 {
    fn from_value(value: Value) -> Option<Self> {
        Self::try_from(i64::from_value(value)?).ok()
    }
}

impl FromValue for Timestamp {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(Self::from_micros)
    }
}

impl FromValue for ByteCount {
    fn from_value(value: Value) -> Option<Self> {
        u64::try_from(i64::from_value(value)?).ok().map(Self)
    }
}

/// A name this program does not know grants nothing, and must not take the others away.
impl FromValue for Scopes {
    fn from_value(value: Value) -> Option<Self> {
        let text = String::from_value(value)?;
        Some(text.split(' ').filter_map(|name| name.parse().ok()).collect())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            Value::Integer(_) | Value::Text(_) | Value::Blob(_) | Value::Id(_) => {
                T::from_value(value).map(Some)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use dossier_domain::Scope;

    use super::*;

    #[test]
    fn a_column_of_another_type_is_refused_and_named() {
        let mut row = Row(vec![Value::Integer(7), Value::Text("x".into()), Value::Null]).columns();
        assert_eq!(row.take::<i64>(), Ok(7));
        assert_eq!(row.take::<FileId>(), Err(DbError::Broken("column 2 of a row".into())));
        assert_eq!(row.take::<Option<FileId>>(), Ok(None));
        assert!(row.take::<i64>().is_err());
    }

    #[test]
    fn an_unknown_scope_grants_nothing_and_takes_nothing_away() {
        let scopes = Scopes::from_value(Value::Text("files:read files:paint".into())).unwrap();
        assert_eq!(scopes, Scopes::from_iter([Scope::FilesRead]));
    }
}
