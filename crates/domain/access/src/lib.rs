//! Who somebody is and what they may do.
//!
//! This crate decides what a token looks like, whether an actor may use an operation, who a handle's members are and what
//! it is called, where an app's answers may go and what becomes of its codes and tokens, what a plan allows, what a mailed
//! code is good for, and how audit entries chain.
//! It does not know operations, transports or stores: secrets arrive as random bytes, time as instants, and what an
//! operation needs as a [`Need`].

mod account;
mod actor;
mod audit;
mod authorize;
mod client;
mod connection;
mod handle;
mod mail;
mod mailbox;
mod members;
mod pairing;
pub mod password;
mod plan;
mod profile;
mod proof;
mod rate;
mod redirect;
mod secret;
mod session;
mod token;

pub use account::{Account, Email, EmailFault};
pub use actor::Actor;
pub use audit::{
    AuditEntry, AuditFilter, AuditHash, AuditOutcome, AuditRecord, BrokenChain, Flaw, chain, flaw, verify,
};
pub use authorize::{Denied, Need, authorize};
pub use client::{Client, ClientKind, ClientName, ClientProof, RedirectsFault, redirects};
pub use connection::{
    Audience, ConnectedClient, Connection, ConnectionSecret, CredentialKind, CredentialRecord, Exchange,
    ExchangeRefused, Grants, asked_scopes,
};
pub use handle::{Called, FormerName, HandleRecord, HandleRefused, HandleState, HandleWrite};
pub use mail::{Mail, MailKind};
pub use mailbox::{CodePurpose, CodeRecord, CodeVerdict, MailCode, MailCodeFault};
pub use members::{Members, MembersFault};
pub use pairing::{AttemptState, DeviceAttempt};
pub use plan::{Feature, Locked, Plan, PlanRules, Subscription, Terms, TermsChange, WriteDay, WriteUse};
pub use profile::{Bio, DisplayName, Profile};
pub use proof::{Proof, ProofChallenge, ProofFault};
pub use rate::Rate;
pub use redirect::{RedirectFault, RedirectUri};
pub use secret::Secret;
pub use session::{RefreshRecord, RefreshToken, Renewal, Session, SessionRefused};
pub use token::{Minted, Pat, PatFault, SecretHash, TokenRecord, TokenRefused, mint};
