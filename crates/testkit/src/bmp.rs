//! bmp files.
