//! Text formats: markup, scripts, JSON; all of them weak, so they are tried late.

use memchr::memmem;

use super::foreign;
use crate::Foreign;

/// Markup and scripts, after an optional byte order mark and white space.
pub(super) fn markup_or_script(head: &[u8]) -> Option<Foreign> {
    if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        return Some(foreign::UTF_16);
    }
    let text = unmarked(head);
    if text.starts_with(b"#!") {
        return Some(foreign::SCRIPT);
    }
    let text = text.trim_ascii_start();
    if !text.starts_with(b"<") {
        return by_first_word(text);
    }
    let starts = |word: &[u8]| text.get(..word.len()).is_some_and(|s| s.eq_ignore_ascii_case(word));
    let holds = |word: &[u8]| memmem::find(text, word).is_some();
    let wrapped = starts(b"<?xml") || starts(b"<!--");
    if starts(b"<?php") || starts(b"<?=") {
        Some(foreign::PHP)
    } else if starts(b"<svg") || starts(b"<!doctype svg") || (wrapped && holds(b"<svg")) {
        Some(foreign::SVG)
    } else if starts(b"<?xml") && (holds(b"<html") || holds(b"<!DOCTYPE html")) {
        Some(foreign::HTML)
    } else if starts(b"<?xml") {
        Some(foreign::XML)
    } else if HTML_TAGS.into_iter().any(starts) {
        Some(foreign::HTML)
    } else {
        None
    }
}

/// JSON by its first character.
pub(super) fn is_json(head: &[u8]) -> bool {
    matches!(unmarked(head).trim_ascii_start().first(), Some(b'{' | b'['))
}

/// UTF-8 without control characters, blank text excepted; the head may cut the last character.
pub(super) fn is_plain(head: &[u8]) -> bool {
    let whole = std::str::from_utf8(head).err().is_none_or(|error| error.error_len().is_none());
    let control = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127);
    whole && !head.iter().any(control) && !head.trim_ascii().is_empty()
}

/// The tags by which browsers take something for HTML (WHATWG MIME Sniffing, 7.1).
const HTML_TAGS: [&[u8]; 19] = [
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<script",
    b"<iframe",
    b"<h1",
    b"<div",
    b"<font",
    b"<table",
    b"<a ",
    b"<style",
    b"<title",
    b"<b>",
    b"<body",
    b"<br",
    b"<p>",
    b"<img",
    b"<meta",
    b"<!--",
];

fn by_first_word(text: &[u8]) -> Option<Foreign> {
    const WORDS: [(&[u8], Foreign); 7] = [
        (b"{\\rtf", foreign::RTF),
        (b"#EXTM3U", foreign::PLAYLIST),
        (b"-----BEGIN ", foreign::PEM),
        (b"BEGIN:VCARD", foreign::VCARD),
        (b"BEGIN:VCALENDAR", foreign::CALENDAR),
        (b"MIME-Version:", foreign::EMAIL),
        (b"Received: ", foreign::EMAIL),
    ];
    WORDS.into_iter().find(|(word, _)| text.starts_with(word)).map(|(_, foreign)| foreign)
}

fn unmarked(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head)
}
