//! Strict push parser for multipart/form-data.
