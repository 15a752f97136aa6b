//! Strict query strings: unknown, repeated and malformed parameters are refused.

use dossier_app::{Order, PageSize};
use dossier_domain::{Code, Timestamp, form_pairs};

use crate::problem::ApiError;

/// The parameters of one query string, taken one by one.
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Decodes `application/x-www-form-urlencoded` and refuses names that are not `known`.
    pub(crate) fn parse(text: Option<&str>, known: &[&str]) -> Result<Self, ApiError> {
        let pairs = form_pairs(text.unwrap_or_default().as_bytes())
            .ok_or_else(|| malformed("The query string is not valid percent-encoded UTF-8."))?;
        if pairs.iter().any(|(name, _)| !known.contains(&name.as_str())) {
            let names = known.join("`, `");
            return Err(malformed(format!("The query parameters of this route are `{names}`.")));
        }
        let times = |name: &str| pairs.iter().filter(|(other, _)| other == name).count();
        if known.iter().any(|name| times(name) > 1) {
            return Err(malformed("A query parameter came twice."));
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter, read by `read`; an error names the parameter and what it takes.
    pub(crate) fn take<T>(
        &self,
        name: &str,
        takes: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let value = self.pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        match value.map(read) {
            None => Ok(None),
            Some(Some(value)) => Ok(Some(value)),
            Some(None) => Err(malformed(format!("The query parameter `{name}` takes {takes}."))),
        }
    }

    /// The size of a page.
    pub(crate) fn size(&self) -> Result<PageSize, ApiError> {
        let size =
            self.take("size", "a number", |v| Some(v.parse().ok().and_then(PageSize::new)))?;
        size.unwrap_or_else(|| Some(PageSize::default())).ok_or_else(|| {
            let (min, max) = (PageSize::MIN, PageSize::MAX);
            let detail = format!("The query parameter `size` takes a number from {min} to {max}.");
            ApiError::new(Code::RequestCursor, detail)
        })
    }

    /// The cursor of the page before.
    pub(crate) fn after(&self) -> Result<Option<String>, ApiError> {
        self.take("after", "a cursor", |v| Some(v.to_owned()))
    }

    /// From which end a list starts; newest first where the request does not say.
    pub(crate) fn order(&self) -> Result<Order, ApiError> {
        let order = self.take("order", "`asc` or `desc`", |v| match v {
            "asc" => Some(Order::Ascending),
            "desc" => Some(Order::Descending),
            _ => None,
        })?;
        Ok(order.unwrap_or_default())
    }

    /// What is later was made, by the whole seconds that are shown, after the given time.
    pub(crate) fn time_after(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        Ok(self.time(name)?.map(Timestamp::end_of_second))
    }

    /// What is earlier was made, by the whole seconds that are shown, before the given time.
    pub(crate) fn time_before(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        Ok(self.time(name)?.map(Timestamp::whole_second))
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        self.take(name, "an RFC 3339 time with its offset, percent-encoded", |v| {
            Timestamp::parse_rfc3339(v)
        })
    }

    /// A truth value.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.take(name, "`true` or `false`", |v| v.parse().ok())
    }
}

fn malformed(detail: impl Into<String>) -> ApiError {
    ApiError::new(Code::RequestMalformed, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_and_strange_ones_refused() {
        let query = Query::parse(Some("a=1%2B1&b=x+y"), &["a", "b"]).unwrap();
        let read = |name| query.take(name, "text", |v| Some(v.to_owned())).unwrap();
        assert_eq!(read("a").as_deref(), Some("1+1"));
        assert_eq!(read("b").as_deref(), Some("x y"));
        assert_eq!(read("c"), None);
        for bad in ["z=1", "a=1&a=2", "a=%f"] {
            assert!(Query::parse(Some(bad), &["a", "b"]).is_err(), "{bad}");
        }
    }
}
