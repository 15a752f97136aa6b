//! json files.
