//! Every SQL statement of Dossier.
//!
//! [`Db`] is the one door: typed methods, grouped in one module for each noun. A write is a batch
//! of steps with the row counts they must have; nothing outside this crate sees a transaction.
//! The engine below (`engine`) knows connections and threads, and no table.

mod audit;
mod audit_chain;
mod audit_check;
mod audit_list;
mod batch;
mod client;
mod client_secret;
mod columns;
mod endpoint;
mod engine;
mod erasure;
mod error;
mod event;
mod file;
mod file_list;
mod idempotency;
mod job;
mod job_list;
mod key;
mod page;
mod policy;
mod probe;
mod root;
mod service_secret;
mod sweep;
mod tide;
mod token;
mod upload;
mod user;
mod user_list;
mod user_write;
mod value;
mod verification_change;

#[cfg(test)]
mod plans;

pub use audit::NewAuditEntry;
pub use audit_chain::{AuditChainRow, AuditPlace, AuditPosition, AuditRow};
pub use audit_check::{AuditCheck, AuditFault, AuditFaultKind};
pub use audit_list::{AuditFilter, AuditList};
pub use client::{
    ClientKeyRow, ClientKeyVersion, ClientRow, InsertClient, InsertClientKey, NewClient,
};
pub use client_secret::{
    ClientSecretRow, InsertClientSecret, NewClientSecret, RevokeClientSecret, RotateClientSecret,
};
pub use endpoint::{
    EndpointRow, EndpointUpdate, InsertEndpoint, NewEndpoint, RotateEndpointSecret, WrappedSecret,
};
pub use engine::{Db, Options, Role};
pub use erasure::{BeginErasure, ErasureRow, FileOwner};
pub use error::{DbError, OpenError};
pub use event::{EventPosition, EventRow, NewEvent};
pub use file::FileRow;
pub use file_list::{FileFilter, FileList};
pub use idempotency::{
    ClaimIdempotency, FinishIdempotency, IdempotencyClaim, IdempotencyLease, LeaseId, LeaseState,
};
pub use job::{ClaimJobs, JobEnd, JobHold, JobRow, NewJob, QueueDeliveries, QueuedDeliveries};
pub use job_list::OpenJobs;
pub use key::{InsertKey, KeyOwner, KeyRow, NewKey, RevokeKey};
pub use page::ListOrder;
pub use root::{InsertRootVersion, NewRootVersion, RootState, RootVersion, RootVersionRow};
pub use service_secret::{ReplaceServiceSecret, ServiceSecretRow};
pub use sweep::BlobRow;
pub use token::{AccessTokenRow, NewGrant, NewTokenPair, RefreshTokenRow, RefreshTokens};
pub use upload::{FinishUpload, NewFile, UploadOutcome};
pub use user::{UserKey, UserOutcome, UserRow};
pub use user_list::{UserFilter, UserList, UserRows};
pub use user_write::{ClaimFile, InactivateUser, NewUser, UserState, UserUpdate, WriteUser};
pub use verification_change::{NewVerificationChange, VerificationChangeRow};

/// The most rows any list method returns, whatever limit it was given: a page is one short read.
pub const PAGE_ROWS_MAX: usize = 1000;
