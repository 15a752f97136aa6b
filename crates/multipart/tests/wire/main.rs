//! The parser from outside: real clients' bodies, hostile ones, every way to cut them into
//! chunks, and two other parsers for comparison.

#[cfg(test)]
mod clients;
#[cfg(test)]
mod differential;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod splits;
#[cfg(test)]
mod support;
