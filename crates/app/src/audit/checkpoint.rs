//! Checkpoints: the heads of all chains, signed, to be kept outside the database.
//!
//! A checkpoint is one line: `dossier-audit-checkpoint-v1`, microseconds since the epoch, for each
//! chain `CHAIN:LENGTH:HASH`, and the HMAC-SHA-256 of all that stands before the last space.

use std::collections::BTreeMap;

use dossier_db::{AuditChainRow, AuditPlace, DbError};
use dossier_seal::Digest;

use crate::{App, Operator};

const TAG: &str = "dossier-audit-checkpoint-v1";

/// Why a checkpoint does not speak for the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFault {
    /// It is no checkpoint of this service, or was changed.
    #[error("it is no checkpoint of this service, or was changed")]
    Signature,
    /// A chain no longer has the entry that was its last one.
    #[error("chain {} has not the entry any more that stood at place {}", .0.chain, .0.place)]
    Lost(AuditPlace),
}

impl App {
    /// The checkpoint of this moment, without a line feed.
    ///
    /// # Errors
    /// Rows cannot be read now.
    pub async fn audit_checkpoint(&self, _: Operator) -> Result<String, DbError> {
        let heads = self.db.list_audit_chains().await?;
        let mut line = format!("{TAG} {}", self.clock.now().micros());
        for AuditChainRow { head, hash } in heads {
            line.push_str(&format!(" {}:{}:{}", head.chain, head.place, Digest(hash)));
        }
        let mac = self.checkpoint_key.digest(line.as_bytes());
        Ok(format!("{line} {mac}"))
    }

    /// The places and hashes that a checkpoint of this service names.
    pub(super) fn read_checkpoint<'a>(&self, line: &'a str) -> Option<Vec<(AuditPlace, &'a str)>> {
        let (signed, mac) = line.rsplit_once(' ')?;
        let ours = mac == self.checkpoint_key.digest(signed.as_bytes()).to_string();
        heads(signed).filter(|_| ours)
    }
}

impl CheckpointFault {
    /// Whether the chains still hold what a checkpoint says of them. It says nothing of what
    /// stands before.
    pub(super) fn judge(
        heads: Option<Vec<(AuditPlace, &str)>>,
        found: &BTreeMap<AuditPlace, [u8; 32]>,
    ) -> Result<(), Self> {
        let lost = |(place, hash): &(AuditPlace, &str)| {
            found.get(place).is_none_or(|found| Digest(*found).to_string() != *hash)
        };
        match heads.ok_or(Self::Signature)?.into_iter().find(lost) {
            Some((place, _)) => Err(Self::Lost(place)),
            None => Ok(()),
        }
    }
}

/// The places and hashes that a checkpoint names.
fn heads(signed: &str) -> Option<Vec<(AuditPlace, &str)>> {
    let mut words = signed.split(' ');
    if words.next() != Some(TAG) {
        return None;
    }
    words.next()?.parse::<i64>().ok()?;
    words.map(head).collect()
}

fn head(word: &str) -> Option<(AuditPlace, &str)> {
    let (chain, rest) = word.split_once(':')?;
    let (place, hash) = rest.split_once(':')?;
    Some((AuditPlace { chain: chain.parse().ok()?, place: place.parse().ok()? }, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_a_checkpoint_are_read_and_nothing_else_is_one() {
        let place = |chain, place| AuditPlace { chain, place };
        let found = heads("dossier-audit-checkpoint-v1 17 0:3:ab 1:0:cd");
        assert_eq!(found, Some(vec![(place(0, 3), "ab"), (place(1, 0), "cd")]));
        for wrong in [
            "",
            "dossier-audit-checkpoint-v2 17 0:3:ab",
            "dossier-audit-checkpoint-v1",
            "dossier-audit-checkpoint-v1 soon 0:3:ab",
            "dossier-audit-checkpoint-v1 17 0:3",
            "dossier-audit-checkpoint-v1 17  0:3:ab",
        ] {
            assert_eq!(heads(wrong), None, "{wrong:?}");
        }
    }
}
