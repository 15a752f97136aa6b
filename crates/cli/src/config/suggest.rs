//! "Did you mean": the known name nearest to a misspelt one.

/// Names are compared up to this length; longer ones resemble nothing.
const LENGTH_MAX: usize = 64;

/// The candidate that differs least from `name`, if at most every fourth letter differs.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    if name.len() > LENGTH_MAX {
        return None;
    }
    candidates
        .map(|candidate| (distance(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(4))
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance without regard to case, one row at a time.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut corner = i;
        let mut before = i + 1;
        let mut cells = row.iter_mut();
        if let Some(first) = cells.next() {
            *first = before;
        }
        for (cell, b) in cells.zip(right.chars()) {
            let swap = corner + usize::from(!a.eq_ignore_ascii_case(&b));
            corner = *cell;
            *cell = swap.min(corner + 1).min(before + 1);
            before = *cell;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_single_edits() {
        for (left, right, edits) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("A", "a", 0)]
        {
            assert_eq!(distance(left, right), edits, "{left} {right}");
        }
    }

    #[test]
    fn only_names_that_resemble_one_are_suggested() {
        let known = || ["LISTEN", "DATA_DIR", "SCAN_MODE"].into_iter();
        assert_eq!(nearest("LISTNE", known()), Some("LISTEN"));
        assert_eq!(nearest("DATADIR", known()), Some("DATA_DIR"));
        assert_eq!(nearest("SCAN_CLAMD", known()), None);
        assert_eq!(nearest(&"x".repeat(10_000), known()), None);
    }
}
