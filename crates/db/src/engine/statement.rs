//! Running one statement on a connection.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql, params_from_iter};

use crate::batch::{Expect, Step};
use crate::value::{Row, Value};

/// The most that is taken of what a statement returns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    pub(super) rows: usize,
    /// Of texts and blobs. The row that passes it is the last.
    pub(super) bytes: usize,
}

/// What was taken of what a statement returns.
#[derive(Debug)]
pub(super) struct Selected {
    pub(super) rows: Vec<Row>,
    /// Whether there are more rows than were taken.
    pub(super) more: bool,
}

/// The answer of one step.
pub(super) enum StepAnswer {
    Rows(Vec<Row>),
    Missed,
}

/// Runs one step and judges its count.
pub(super) fn run_step(connection: &Connection, step: &Step) -> rusqlite::Result<StepAnswer> {
    let mut statement = connection.prepare_cached(step.sql)?;
    let (rows, in_bounds) = match step.expect {
        Expect::ChangeOne => (Vec::new(), change(&mut statement, step)? == 1),
        Expect::ChangeAtMost(most) => (Vec::new(), change(&mut statement, step)? <= most),
        Expect::ReturnOne => {
            let Selected { rows, more } = select(&mut statement, &step.params, Most::rows(1))?;
            let found = rows.len() == 1 && !more;
            (rows, found)
        }
        Expect::ReturnAtMost(most) => {
            let Selected { rows, more } = select(&mut statement, &step.params, Most::rows(most))?;
            (rows, !more)
        }
    };
    Ok(if in_bounds { StepAnswer::Rows(rows) } else { StepAnswer::Missed })
}

/// The rows of a statement, until there are enough of them. SQLite looks for a row when it is asked
/// for it: those that are not taken are not read.
pub(super) fn select(
    statement: &mut Statement<'_>,
    params: &[Value],
    most: Most,
) -> rusqlite::Result<Selected> {
    let columns = statement.column_count();
    let mut found = statement.query(params_from_iter(params))?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = found.next()? {
        if rows.len() >= most.rows || bytes > most.bytes {
            return Ok(Selected { rows, more: true });
        }
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            let value = owned(row.get_ref(column)?);
            bytes += value.bytes();
            values.push(value);
        }
        rows.push(Row(values));
    }
    Ok(Selected { rows, more: false })
}

fn change(statement: &mut Statement<'_>, step: &Step) -> rusqlite::Result<usize> {
    statement.execute(params_from_iter(&step.params))
}

impl Most {
    /// So many rows, each of which is small.
    pub(super) const fn rows(rows: usize) -> Self {
        Self { rows, bytes: usize::MAX }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
            Self::Id(id) => ValueRef::Blob(id),
        }))
    }
}

/// No column of ours holds a floating point number, or text that is not UTF-8: such a value was
/// not written by us, and reads as null, which the columns then refuse.
fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null | ValueRef::Real(_) => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(text) => {
            std::str::from_utf8(text).map_or(Value::Null, |text| Value::Text(text.to_owned()))
        }
        ValueRef::Blob(bytes) => match <[u8; 16]>::try_from(bytes) {
            Ok(id) => Value::Id(id),
            Err(_) => Value::Blob(bytes.to_vec()),
        },
    }
}
