use std::sync::Arc;

use std::net::IpAddr;

use lp_access::{Actor, AuditEntry, AuditOutcome, PlanRules, Secret};
use lp_core::{
    ConnectionId, EventId, Handle, LinkId, MailId, SessionId, SlugKey, Timestamp, TokenId, UserId,
};
use lp_links::{LinkState, Slot};
use lp_personalization::{HandleRules, Policy, compile};
use lp_ports::{
    AccessReader, AnalyticsReader, AuditReader, Batch, Change, CodeReader, ConnectionChange,
    ConnectionReader, HandleReader, HealthProbe, LinkReader, Receipt, RulesReader, SessionReader, SignIn,
    StoreHealth,
};

use crate::application::Inner;
use crate::limits::{Attempts, neighbourhood};
use crate::names::{Named, Names};
use crate::plans::Quota;
use crate::repeat::Repeat;
use crate::routes::compiled;
use crate::settings::Home;
use crate::{Code, Error, Loaded, PublicUrls, Surface, View, names};

/// One call: who acts, where, since when, and what of the world it may use. Cheap to clone.
#[derive(Clone)]
pub struct Cx {
    pub(crate) app: Arc<Inner>,
    pub(crate) call: Arc<Call>,
}

/// The facts of one call.
pub(crate) struct Call {
    pub(crate) operation: &'static str,
    pub(crate) actor: Actor,
    pub(crate) handle: Option<Named>,
    pub(crate) surface: Surface,
    pub(crate) request_id: String,
    pub(crate) at: Timestamp,
    pub(crate) may_write: bool,
    pub(crate) repeat: Option<Repeat>,
    pub(crate) address: Option<IpAddr>,
    /// Against whose writes of a day it counts.
    pub(crate) quota: Option<Quota>,
}

impl Cx {
    /// The key of the handle: what readers and batches know it by.
    pub(crate) fn handle(&self) -> Result<&Handle, Error> {
        Ok(&self.named()?.key)
    }

    /// What the handle is called now: what callers are shown.
    pub(crate) fn name(&self) -> Result<&Handle, Error> {
        Ok(&self.named()?.name)
    }

    /// The key of the handle that host or path names, for operations that need none.
    pub(crate) fn bound(&self) -> Option<&Handle> {
        self.call.handle.as_ref().map(|named| &named.key)
    }

    fn named(&self) -> Result<&Named, Error> {
        self.call
            .handle
            .as_ref()
            .ok_or_else(|| Error::internal("an operation without a handle asked for one"))
    }

    /// Where visitors find what belongs to the handle.
    pub(crate) fn home(&self) -> Result<Home<'_>, Error> {
        Ok(Home { urls: self.urls(), name: self.name()? })
    }

    /// The instant of the call: one for everything it does.
    pub(crate) fn at(&self) -> Timestamp {
        self.call.at
    }

    /// The account that calls, and the session in which it does.
    pub(crate) fn account(&self) -> Result<(UserId, Option<SessionId>), Error> {
        match &self.call.actor {
            Actor::User { id, session } => Ok((*id, *session)),
            _ => Err(Error::internal("an operation for accounts was called by somebody else")),
        }
    }

    pub(crate) fn access(&self) -> &dyn AccessReader {
        self.app.ports.access.as_ref()
    }

    pub(crate) fn handles(&self) -> &dyn HandleReader {
        self.app.ports.handles.as_ref()
    }

    pub(crate) fn names(&self) -> &Names {
        &self.app.names
    }

    pub(crate) fn sessions(&self) -> &dyn SessionReader {
        self.app.ports.sessions.as_ref()
    }

    pub(crate) fn connections(&self) -> &dyn ConnectionReader {
        self.app.ports.connections.as_ref()
    }

    pub(crate) fn codes(&self) -> &dyn CodeReader {
        self.app.ports.codes.as_ref()
    }

    pub(crate) fn sign_in(&self) -> Result<&SignIn, Error> {
        let none = || Error::new(Code::UNAVAILABLE, "nobody can sign in on this installation");
        self.app.ports.sign_in.as_ref().ok_or_else(none)
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.app.settings.secret
    }

    /// Lets so many attempts through at once and then one in so many seconds, counted by `what` and by where the caller
    /// calls from: guessing at one account from one place slows down that place only.
    pub(crate) async fn attempt(&self, what: &str, at_once: u32, then_each: u32) -> Result<(), Error> {
        let place = self.call.address.map_or_else(|| "here".to_owned(), neighbourhood);
        self.attempt_anywhere(&format!("{what}|{place}"), at_once, then_each).await
    }

    /// The same wherever the caller calls from: for what must not become too much whoever asks, though others can use it
    /// up.
    pub(crate) async fn attempt_anywhere(
        &self,
        what: &str,
        at_once: u32,
        then_each: u32,
    ) -> Result<(), Error> {
        if self.app.settings.limits.is_none() {
            return Ok(());
        }
        let attempts = Attempts { at_once, then_each };
        let now = self.app.ports.clock.monotonic();
        let paid = self.app.limiter.pay(what, attempts.rate(), then_each, now).await;
        paid.map_err(|wait| attempts.refusal(wait))
    }

    /// What the installation decides about plans.
    pub(crate) fn plans(&self) -> &PlanRules {
        &self.app.settings.plans
    }

    pub(crate) fn token_id(&self) -> TokenId {
        TokenId::new(self.app.ports.ids.uuid())
    }

    pub(crate) fn user_id(&self) -> UserId {
        UserId::new(self.app.ports.ids.uuid())
    }

    pub(crate) fn mail_id(&self) -> MailId {
        MailId::new(self.app.ports.ids.uuid())
    }

    pub(crate) fn session_id(&self) -> SessionId {
        SessionId::new(self.app.ports.ids.uuid())
    }

    pub(crate) fn connection_id(&self) -> ConnectionId {
        ConnectionId::new(self.app.ports.ids.uuid())
    }

    pub(crate) fn links(&self) -> &dyn LinkReader {
        self.app.ports.links.as_ref()
    }

    pub(crate) fn rules(&self) -> &dyn RulesReader {
        self.app.ports.rules.as_ref()
    }

    pub(crate) fn audit(&self) -> &dyn AuditReader {
        self.app.ports.audit.as_ref()
    }

    pub(crate) fn analytics(&self) -> &dyn AnalyticsReader {
        self.app.ports.analytics.as_ref()
    }

    pub(crate) fn store(&self) -> &dyn StoreHealth {
        self.app.ports.health.as_ref()
    }

    pub(crate) fn probe(&self) -> &Arc<dyn HealthProbe> {
        &self.app.ports.probe
    }

    pub(crate) fn urls(&self) -> &PublicUrls {
        &self.app.settings.urls
    }

    pub(crate) fn ingested_at(&self) -> Option<Timestamp> {
        self.app.ingested_at()
    }

    pub(crate) fn last_use(&self, token: TokenId) -> Option<Timestamp> {
        self.app.tokens.last_use(token)
    }

    pub(crate) fn last_connection_use(&self, connection: ConnectionId) -> Option<Timestamp> {
        self.app.tokens.last_connection_use(connection)
    }

    pub(crate) fn link_id(&self) -> LinkId {
        LinkId::new(self.app.ports.ids.uuid())
    }

    pub(crate) fn event_id(&self) -> EventId {
        EventId::new(self.app.ports.ids.uuid())
    }

    pub(crate) fn random(&self) -> [u8; 32] {
        self.app.ports.ids.random()
    }

    pub(crate) async fn slot(&self, slug: &SlugKey) -> Result<Slot, Error> {
        Ok(self.links().slot(self.handle()?, slug).await?)
    }

    /// An empty batch that says who does this to what.
    pub(crate) fn batch(&self, subject: &str) -> Result<Batch, Error> {
        Ok(self.batch_in(self.handle()?, &self.call.actor, subject))
    }

    /// The same in another space than the call's handle, or by somebody who proves only now who it is.
    pub(crate) fn batch_in(&self, handle: &Handle, actor: &Actor, subject: &str) -> Batch {
        Batch::new(AuditEntry {
            handle: handle.clone(),
            at: self.at(),
            actor: actor.to_string(),
            surface: self.call.surface.as_str().to_owned(),
            operation: self.call.operation.to_owned(),
            subject: subject.to_owned(),
            request_id: self.call.request_id.clone(),
            outcome: AuditOutcome::Done,
        })
    }

    /// Commits the one batch of a write together with what its repeats are answered, and gives that back.
    pub(crate) async fn finish<V: View>(&self, batch: Batch, view: V) -> Result<V, Error> {
        self.commit(self.remembering(batch, &view)?).await?;
        Ok(view)
    }

    /// Has the batch remember what repeats of this call are answered. It is stored readably: a view with a secret in it
    /// has to be given without.
    pub(crate) fn remembering(&self, batch: Batch, view: &impl View) -> Result<Batch, Error> {
        Ok(match &self.call.repeat {
            None => batch,
            Some(repeat) => batch.remember(repeat.reply(view.created(), view, self.at())?),
        })
    }

    /// The rules of a handle for deciding.
    pub(crate) fn policy(&self, handle: &Handle, rules: &HandleRules) -> Policy {
        compiled(self.urls(), self.names(), handle, rules)
    }

    /// Commits, and shows the edge and the gate of this node what changed before anybody is answered.
    pub(crate) async fn commit(&self, batch: Batch) -> Result<Receipt, Error> {
        if !self.call.may_write {
            return Err(Error::internal(format!("{} is a read and tried to write", self.call.operation)));
        }
        let changed: Vec<_> = batch.changes().iter().filter_map(route_change).collect();
        let handle = batch.audit().handle.clone();
        let ruled = batch.changes().iter().filter_map(|change| match change {
            Change::Rules(write) => Some(Arc::new(self.policy(&handle, &write.after))),
            _ => None,
        });
        let ruled: Vec<_> = ruled.collect();
        let renamed: Vec<_> = batch.changes().iter().filter_map(names::learnt).collect();
        let revoked = batch.changes().iter().any(takes_back);
        let batch = match &self.call.quota {
            Some(quota) => quota.count(batch),
            None => batch,
        };
        let committed = self.app.ports.committer.commit(batch).await;
        let receipt = match &self.call.quota {
            Some(quota) => quota.settle(committed, self.at())?,
            None => committed?,
        };
        if revoked {
            self.app.tokens.forget(&handle);
        }
        for record in renamed {
            self.app.names.learn(record);
        }
        for policy in ruled {
            self.app.listener.rules_changed(&handle, policy);
        }
        for (handle, slug, loaded) in changed {
            self.app.listener.link_changed(&handle, &slug, loaded);
        }
        Ok(receipt)
    }
}

/// Whether something that the gate may hold opens nothing any more.
fn takes_back(change: &Change) -> bool {
    use ConnectionChange::{AccessRevoked, Ended};
    matches!(change, Change::TokenRevoked { .. } | Change::Connection(Ended { .. } | AccessRevoked(_)))
}

fn route_change(change: &Change) -> Option<(Handle, SlugKey, Loaded)> {
    let Change::Link { after, .. } = change else { return None };
    let (link, live) = match after {
        LinkState::Live(link) => (link, true),
        LinkState::Deleted(link) => (link, false),
    };
    let parts = link.parts();
    let loaded = Loaded { revision: Some(parts.revision), route: live.then(|| compile(link)) };
    Some((parts.handle.clone(), parts.slug.key(), loaded))
}
