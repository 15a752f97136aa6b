//! The SQL functions that every connection has.

use dossier_seal::chain_link;
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};

/// Makes `audit_link(previous, entry)` known: the hash of an entry in its chain. It is computed
/// where the row is written, so that nobody holds the head of a chain while he waits.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("audit_link", 2, flags, |context| {
        let previous = blob(context, 0)?.try_into();
        let previous = previous.map_err(|e| rusqlite::Error::UserFunctionError(Box::new(e)))?;
        Ok(chain_link(previous, blob(context, 1)?).0.to_vec())
    })
}

fn blob<'a>(context: &'a Context<'_>, index: usize) -> rusqlite::Result<&'a [u8]> {
    let bytes = context.get_raw(index).as_blob();
    bytes.map_err(|e| rusqlite::Error::UserFunctionError(Box::new(e)))
}
