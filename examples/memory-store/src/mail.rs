//! `CodeReader` and `MailQueue`: codes that were mailed, and mails on their way.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use lp_access::{CodePurpose, CodeRecord, Email, Mail, SecretHash};
use lp_core::{MailId, Timestamp};
use lp_ports::{CodeReader, CommitError, Guard, MailChange, MailQueue, StoreError};

use crate::MemoryStore;

/// What was mailed and what is to be.
#[derive(Clone, Default)]
pub(crate) struct Mails {
    codes: HashMap<(CodePurpose, Email), CodeRecord>,
    queue: HashMap<MailId, Mail>,
}

impl Mails {
    pub(crate) fn is_open(&self, hash: SecretHash) -> bool {
        self.codes.values().any(|code| code.hash == hash && code.tries_left > 0)
    }

    /// Writes one change. A code that is not open can be neither tried nor used.
    pub(crate) fn change(&mut self, change: &MailChange) -> Result<(), CommitError> {
        match change {
            MailChange::Issued(code) => {
                self.codes.insert((code.purpose, code.email.clone()), code.clone());
            }
            MailChange::Queued(mail) if self.queue.contains_key(&mail.id) => {
                return Err(StoreError::Corrupt { table: "mails", row: mail.id.to_string() }.into());
            }
            MailChange::Queued(mail) => {
                self.queue.insert(mail.id, mail.clone());
            }
            MailChange::Tried(hash) | MailChange::Used(hash) if !self.is_open(*hash) => {
                return Err(CommitError::Stale(Guard::CodeOpen(*hash)));
            }
            MailChange::Tried(hash) => {
                let tried = self.codes.values_mut().filter(|code| code.hash == *hash);
                tried.for_each(|code| code.tries_left -= 1);
            }
            MailChange::Used(hash) => self.codes.retain(|_, code| code.hash != *hash),
        }
        Ok(())
    }
}

/// Whether a code has expired is judged by the domain: here it is just read.
#[async_trait]
impl CodeReader for MemoryStore {
    async fn code(&self, purpose: CodePurpose, email: &Email) -> Result<Option<CodeRecord>, StoreError> {
        Ok(self.state().mails.codes.get(&(purpose, email.clone())).cloned())
    }

    async fn forget_codes(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.state();
        let mails = Arc::make_mut(&mut state.mails);
        let known = mails.codes.len();
        mails.codes.retain(|_, code| code.expires_at >= before);
        mails.queue.retain(|_, mail| mail.expires_at >= before);
        Ok((known - mails.codes.len()) as u64)
    }
}

#[async_trait]
impl MailQueue for MemoryStore {
    async fn claim_mails(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Mail>, StoreError> {
        let mut state = self.state();
        let queue = &mut Arc::make_mut(&mut state.mails).queue;
        let mut due: Vec<_> = queue.values_mut().filter(|mail| mail.due_at <= now).collect();
        due.sort_by_key(|mail| (mail.due_at, mail.id));
        let claimed = due.into_iter().take(limit as usize).map(|mail| {
            mail.due_at = until;
            mail.attempts += 1;
            mail.clone()
        });
        Ok(claimed.collect())
    }

    async fn mail_done(&self, id: MailId) -> Result<(), StoreError> {
        Arc::make_mut(&mut self.state().mails).queue.remove(&id);
        Ok(())
    }

    async fn mail_later(&self, mail: &Mail, at: Timestamp) -> Result<(), StoreError> {
        let mut state = self.state();
        let kept = Arc::make_mut(&mut state.mails).queue.get_mut(&mail.id);
        if let Some(kept) = kept.filter(|kept| kept.attempts == mail.attempts) {
            kept.due_at = at;
        }
        Ok(())
    }
}
