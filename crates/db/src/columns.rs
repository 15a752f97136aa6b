//! One list of names for a row: the columns of its statements and the fields of its struct, so
//! that their orders cannot differ.

/// Defines the macro `$columns!()`, the columns for a `select`, and `$row::from_row`, which takes
/// them in the same order into the fields of the same names.
macro_rules! read_columns {
    ($columns:ident of $row:ident: $first:ident $(, $rest:ident)* $(,)?) => {
        macro_rules! $columns {
            () => { concat!(stringify!($first) $(, ", ", stringify!($rest))*) };
        }

        impl $row {
            pub(crate) fn from_row(row: crate::value::Row) -> Result<Self, crate::error::DbError> {
                let mut columns = row.columns();
                Ok(Self { $first: columns.take()?, $($rest: columns.take()?),* })
            }
        }
    };
}
pub(crate) use read_columns;

/// Defines the macro `$columns!()`, the columns for an `insert`, and `$row::into_params`, their
/// values in the same order.
macro_rules! written_columns {
    ($columns:ident of $row:ident: $first:ident $(, $rest:ident)* $(,)?) => {
        macro_rules! $columns {
            () => { concat!(stringify!($first) $(, ", ", stringify!($rest))*) };
        }

        impl $row {
            fn into_params(self) -> Vec<crate::value::Value> {
                params![self.$first $(, self.$rest)*]
            }
        }
    };
}
pub(crate) use written_columns;
