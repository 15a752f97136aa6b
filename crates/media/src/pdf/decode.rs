//! Decodes one stream whose content is structure: an object stream or a cross-reference stream.

use super::document::Document;
use super::exact::{Exact, Rows};
use super::filter::{Chain, NoChain, SpareCoder};
use super::object_stream::ObjectStream;
use crate::{Fault, Findings};

enum Content {
    Objects(Box<ObjectStream>),
    Entries(Rows),
}

/// The decoder of one stream.
pub(super) struct Decode {
    chain: Chain,
    content: Content,
}

/// What decoded content is told to.
pub(super) struct Told<'a> {
    pub(super) document: &'a mut Document,
    pub(super) exact: Option<&'a mut Exact>,
    pub(super) findings: &'a mut Findings,
    /// Bytes that may still be inflated.
    pub(super) allowance: &'a mut u64,
}

impl Decode {
    pub(super) fn objects(chain: Chain, objects: ObjectStream) -> Self {
        Self { chain, content: Content::Objects(Box::new(objects)) }
    }

    pub(super) fn entries(chain: Chain, rows: Rows) -> Self {
        Self { chain, content: Content::Entries(rows) }
    }

    /// Leaves a coder behind for the next stream.
    pub(super) fn recycle(self, spare: &mut SpareCoder) {
        self.chain.recycle(spare);
    }

    /// What a fault of this stream means.
    pub(super) fn blame(&self, fault: Fault) -> NoChain {
        match &self.content {
            Content::Objects(objects) if objects.is_starved() => NoChain::Starved,
            Content::Objects(_) | Content::Entries(_) => NoChain::Fault(fault),
        }
    }

    /// Takes the next bytes of the stream.
    pub(super) fn push(&mut self, bytes: &[u8], told: &mut Told<'_>) -> Result<(), Fault> {
        let Told { document, exact, findings, allowance } = told;
        let content = &mut self.content;
        self.chain.push(bytes, allowance, &mut |decoded| {
            content.push(decoded, document, exact.as_deref_mut(), findings)
        })
    }

    /// Ends the stream.
    pub(super) fn finish(&mut self, told: &mut Told<'_>) -> Result<(), Fault> {
        let Told { document, exact, findings, allowance } = told;
        let content = &mut self.content;
        self.chain.finish(allowance, &mut |decoded| {
            content.push(decoded, document, exact.as_deref_mut(), findings)
        })?;
        match &mut self.content {
            Content::Objects(objects) => objects.finish(document, findings),
            Content::Entries(_) => Ok(()),
        }
    }
}

impl Content {
    fn push(
        &mut self,
        decoded: &[u8],
        document: &mut Document,
        exact: Option<&mut Exact>,
        findings: &mut Findings,
    ) -> Result<(), Fault> {
        match self {
            Self::Objects(objects) => objects.push(decoded, document, findings),
            Self::Entries(rows) => {
                if let Some(exact) = exact {
                    rows.push(decoded, exact);
                }
                Ok(())
            }
        }
    }
}
