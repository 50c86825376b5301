//! The first account of an installation, its handle and its token: what no operation can make, since every operation
//! needs them.

use lp_access::password::{self, NewPassword};
use lp_access::{Account, AuditEntry, AuditOutcome, Email, HandleRecord, Terms, TokenRecord, mint};
use lp_core::{EventId, Handle, LinkId, Scopes, Slug, UserId, WebUrl};
use lp_links::{Birth, Field, LinkChange, Position, Slot, Title};
use lp_ports::{Batch, Change, CommitError, Guard, StoreError};
use thiserror::Error;

use crate::Ports;

/// The name of the token that is made here; a rotation revokes those of this name.
const TOKEN: &str = "bootstrap";

/// What is wanted.
pub struct Bootstrap {
    /// Whose mailbox.
    pub email: String,
    /// 8 to 1,024 characters.
    pub password: String,
    /// Which handle.
    pub handle: String,
    /// Whether to replace the token made by an earlier run.
    pub rotate: bool,
    /// On what terms a new account is here.
    pub terms: Terms,
}

impl Bootstrap {
    /// An account, its handle, and a token where it has none.
    pub fn new(email: impl Into<String>, password: impl Into<String>, handle: impl Into<String>) -> Self {
        Self {
            email: email.into(),
            password: password.into(),
            handle: handle.into(),
            rotate: false,
            terms: Terms::default(),
        }
    }
}

/// What there is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrapped {
    /// The mailbox.
    pub email: Email,
    /// The handle.
    pub handle: Handle,
    /// The account.
    pub user: UserId,
    /// A token with every scope, readable this once; `None` where all was there already.
    pub pat: Option<String>,
}

/// What an empty store is given so that there is something to click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstRun {
    /// Who owns it.
    pub bootstrapped: Bootstrapped,
    /// The account's password, readable this once.
    pub password: String,
    /// A link of the handle.
    pub slug: Slug,
}

/// Why nothing was made.
#[derive(Debug, Error)]
pub enum BootstrapError {
    /// Something given breaks a rule: each with its name.
    #[error("{}", .0.iter().map(|(name, why)| format!("{name}: {why}")).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<(&'static str, String)>),
    /// Somebody else has the handle.
    #[error("the handle '{0}' belongs to another account")]
    HandleTaken(Handle),
    /// Another process did the same at the same moment.
    #[error("the store changed meanwhile; run it again")]
    Raced,
    /// The password could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Password(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes what is missing of account, handle and token. A repeat changes nothing, the password included.
pub async fn bootstrap(ports: &Ports, wanted: Bootstrap) -> Result<Bootstrapped, BootstrapError> {
    let (email, handle) = check(&wanted)?;
    let account = ports.access.account(&email).await?;
    // The name may be one that a handle came to have later, or had before; what is made for it is kept under its key.
    let key = ports.handles.named(&handle).await?;
    let record = match &key {
        Some(key) => ports.access.handle(key).await?,
        None => None,
    };
    let own = |record: &HandleRecord| account.as_ref().is_some_and(|account| account.id == record.owner);
    if key.is_some() && !record.as_ref().is_some_and(own) {
        return Err(BootstrapError::HandleTaken(handle));
    }
    let handle = key.unwrap_or(handle);
    let user = account.as_ref().map_or_else(|| UserId::new(ports.ids.uuid()), |account| account.id);
    let mut batch = batch(ports, &handle);
    if account.is_none() {
        let account = new_account(ports, user, email.clone(), &wanted)?;
        batch = batch.guard(Guard::EmailFree(email.clone())).change(Change::Account(account));
    }
    let complete = record.is_some();
    if !complete {
        batch = batch.guard(Guard::HandleFree(handle.clone())).change(new_handle(ports, user, &handle));
    }
    let mut pat = None;
    if !complete || wanted.rotate {
        for old in ports.access.tokens(&handle).await? {
            if old.name == TOKEN && old.revoked_at.is_none() {
                batch = batch.change(Change::TokenRevoked { id: old.id, at: ports.clock.now() });
            }
        }
        let (token, text) = new_token(ports, user, &handle);
        batch = batch.change(Change::Token(token));
        pat = Some(text);
    }
    if pat.is_some() {
        commit(ports, batch).await?;
    }
    let handle = record.map_or(handle, |record| record.name);
    Ok(Bootstrapped { email, handle, user, pat })
}

/// Gives an empty store an owner, the handle `hello` and the link `welcome`; `None` where it has accounts, or another
/// node was first.
pub async fn first_run(
    ports: &Ports,
    email: &str,
    destination: &str,
    terms: Terms,
) -> Result<Option<FirstRun>, BootstrapError> {
    if !ports.access.is_empty().await? {
        return Ok(None);
    }
    let password = lp_core::base32(&ports.ids.random()[..15]);
    let wanted = Bootstrap { terms, ..Bootstrap::new(email, password, "hello") };
    let (email, handle) = check(&wanted)?;
    let user = UserId::new(ports.ids.uuid());
    let (record, text) = new_token(ports, user, &handle);
    let slug =
        Slug::parse("welcome").map_err(|fault| BootstrapError::Invalid(vec![("slug", fault.to_string())]))?;
    let link = welcome(ports, &handle, &slug, destination)?;
    let batch = batch(ports, &handle)
        .guard(Guard::StoreEmpty)
        .change(Change::Account(new_account(ports, user, email.clone(), &wanted)?))
        .change(new_handle(ports, user, &handle))
        .change(Change::Token(record))
        .link(&link, EventId::new(ports.ids.uuid()));
    match commit(ports, batch).await {
        Ok(()) => {}
        Err(BootstrapError::Raced) => return Ok(None),
        Err(error) => return Err(error),
    }
    let bootstrapped = Bootstrapped { email, handle, user, pat: Some(text) };
    Ok(Some(FirstRun { bootstrapped, password: wanted.password, slug }))
}

fn check(wanted: &Bootstrap) -> Result<(Email, Handle), BootstrapError> {
    let email = Email::parse(&wanted.email);
    let handle = Handle::parse(&wanted.handle);
    let password = NewPassword::parse(&wanted.password);
    match (email, handle, password) {
        (Ok(email), Ok(handle), Ok(_)) => Ok((email, handle)),
        (email, handle, password) => {
            let mut faults = Vec::new();
            faults.extend(email.err().map(|fault| ("email", fault.to_string())));
            faults.extend(handle.err().map(|fault| ("handle", fault.to_string())));
            faults.extend(password.err().map(|fault| ("password", fault.to_string())));
            Err(BootstrapError::Invalid(faults))
        }
    }
}

fn batch(ports: &Ports, handle: &Handle) -> Batch {
    Batch::new(AuditEntry {
        handle: handle.clone(),
        at: ports.clock.now(),
        actor: "operator".to_owned(),
        surface: "cli".to_owned(),
        operation: "bootstrap".to_owned(),
        subject: handle.to_string(),
        request_id: String::new(),
        outcome: AuditOutcome::Done,
    })
}

fn new_account(
    ports: &Ports,
    id: UserId,
    email: Email,
    wanted: &Bootstrap,
) -> Result<Account, BootstrapError> {
    let mut salt = [0; 16];
    salt.copy_from_slice(&ports.ids.random()[..16]);
    let password_hash = password::hash(&wanted.password, &salt)
        .map_err(|error| BootstrapError::Password(error.to_string()))?;
    Ok(Account { id, email, password_hash, created_at: ports.clock.now(), terms: wanted.terms.clone() })
}

fn new_handle(ports: &Ports, owner: UserId, handle: &Handle) -> Change {
    Change::Handle(HandleRecord::new(handle.clone(), owner, ports.clock.now()))
}

fn new_token(ports: &Ports, owner: UserId, handle: &Handle) -> (TokenRecord, String) {
    let (id, random) = (ports.ids.uuid(), ports.ids.random());
    let minted = mint(id, random, handle.clone(), owner, TOKEN, Scopes::all(), ports.clock.now());
    (minted.record, minted.text)
}

fn welcome(
    ports: &Ports,
    handle: &Handle,
    slug: &Slug,
    destination: &str,
) -> Result<lp_links::LinkWrite, BootstrapError> {
    let invalid = |why: String| BootstrapError::Invalid(vec![("destination", why)]);
    let change = LinkChange {
        destination: Field::Set(WebUrl::parse(destination).map_err(|fault| invalid(fault.to_string()))?),
        title: Title::parse("Welcome").map_or(Field::Keep, Field::Set),
        ..LinkChange::default()
    };
    let birth = Birth {
        id: LinkId::new(ports.ids.uuid()),
        handle: handle.clone(),
        slug: slug.clone(),
        position: Position::FIRST,
        at: ports.clock.now(),
    };
    lp_links::create(&Slot::default(), birth, change).map_err(|refused| invalid(refused.to_string()))
}

async fn commit(ports: &Ports, batch: Batch) -> Result<(), BootstrapError> {
    match ports.committer.commit(batch).await {
        Ok(_) => Ok(()),
        Err(CommitError::Store(error)) => Err(error.into()),
        Err(CommitError::Stale(_) | CommitError::Repeated(_) | CommitError::Spent(_)) => {
            Err(BootstrapError::Raced)
        }
    }
}
