//! A write: steps with the row count each must have, committed together or not at all.

use crate::value::{Row, Value};

/// How many rows a step must change or return for its batch to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    ChangeOne,
    ChangeAtMost(usize),
    ReturnOne,
    ReturnAtMost(usize),
}

/// One statement of a batch. Its parameters are numbered with question marks: SQLite takes a
/// number behind a dollar sign for a *name*, and counts names by first appearance, so that
/// parameters would swap silently.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) sql: &'static str,
    pub(crate) params: Vec<Value>,
    pub(crate) expect: Expect,
}

/// Where a step stands in its batch, to tell later which one missed its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StepIndex(pub(crate) usize);

/// Steps that are committed together or not at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) steps: Vec<Step>,
}

impl Batch {
    pub(crate) fn add(
        &mut self,
        expect: Expect,
        sql: &'static str,
        params: Vec<Value>,
    ) -> StepIndex {
        self.steps.push(Step { sql, params, expect });
        StepIndex(self.steps.len() - 1)
    }
}

/// What became of a batch that the engine could carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Committed. For each step the rows it returned.
    Done(Vec<Vec<Row>>),
    /// Nothing of it was committed: this step did not have the count it must have.
    Missed(StepIndex),
}

/// One statement of a read, and the most rows it may return.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) sql: &'static str,
    pub(crate) params: Vec<Value>,
    pub(crate) rows_max: usize,
}
