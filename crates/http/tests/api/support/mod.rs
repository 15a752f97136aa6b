//! What the tests share: a service in a temporary folder, forms, answers, documents.

mod answer;
mod body;
mod document;
mod form;
mod log;
pub(crate) mod oauth;
mod service;
mod stand_in;

pub(crate) use answer::{Answer, pretty};
pub(crate) use body::Body;
pub(crate) use document::{document, documents};
pub(crate) use form::{BOUNDARY, Form, form};
pub(crate) use log::logged;
pub(crate) use service::{Options, Outcome, Service, start_in};
pub(crate) use stand_in::{CLOCK_PANIC, SeededEntropy, TestClock};

/// A JSON document of exactly `size` bytes, from 8 on.
pub(crate) fn json_of(size: usize) -> Vec<u8> {
    format!("{{\"a\":\"{}\"}}", "b".repeat(size - 8)).into_bytes()
}
