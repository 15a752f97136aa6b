//! Chunked authenticated encryption of one blob, and its envelope keys.
