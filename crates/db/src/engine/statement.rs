//! Running one statement on a connection.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql, params_from_iter};

use crate::batch::{Expect, Step};
use crate::value::{Row, Value};

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
            let rows = select(&mut statement, &step.params, 1)?;
            let found = rows.len() == 1;
            (rows, found)
        }
        Expect::ReturnAtMost(most) => {
            let rows = select(&mut statement, &step.params, most)?;
            let in_bounds = rows.len() <= most;
            (rows, in_bounds)
        }
    };
    Ok(if in_bounds { StepAnswer::Rows(rows) } else { StepAnswer::Missed })
}

/// The rows of a statement, and at most one more than `rows_max`, which tells that there are more.
pub(super) fn select(
    statement: &mut Statement<'_>,
    params: &[Value],
    rows_max: usize,
) -> rusqlite::Result<Vec<Row>> {
    let columns = statement.column_count();
    let mut found = statement.query(params_from_iter(params))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let values = (0..columns).map(|column| Ok(owned(row.get_ref(column)?)));
        rows.push(Row(values.collect::<rusqlite::Result<_>>()?));
        if rows.len() > rows_max {
            break;
        }
    }
    Ok(rows)
}

fn change(statement: &mut Statement<'_>, step: &Step) -> rusqlite::Result<usize> {
    statement.execute(params_from_iter(&step.params))
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
