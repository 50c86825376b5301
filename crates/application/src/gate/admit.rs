//! Who is it, which handle is meant, and may they?

use std::net::IpAddr;
use std::sync::Arc;

use lp_access::{
    Actor, Audience, Connection, ConnectionSecret, CredentialRecord, Denied, Need, Pat, SessionRefused,
    TokenRecord, TokenRefused, authorize,
};
use lp_core::{Handle, Role, Scope, Scopes, TokenId};
use serde_json::Value;

use super::refused::Way;
use super::{Accepts, Credential, Request, Surface};
use crate::application::Inner;
use crate::catalogue::{Operation, Realm};
use crate::grant::{Bearer, Grant};
use crate::names::Named;
use crate::{Application, Code, Error, limits};

/// What the audit calls opening a handle's MCP server.
const CONNECT: &str = "mcp_connect";

impl Application {
    /// Whether a credential is one at all, wherever it may lead: what a front asks before it takes in a large body from
    /// somebody who may be nobody. What is wrong with it the gate says.
    pub async fn recognises(&self, credential: &Credential, accepts: Accepts) -> bool {
        let identified =
            self.inner.authenticate(credential, accepts, need_scope(Scope::MCP_CONNECT), None).await;
        identified.is_ok_and(|actor| actor != Actor::Anonymous)
    }

    /// Whether a connector may use a handle's MCP server at all: what `tools/list` and the handshake ask, since they
    /// are no operations. Tool calls ask for themselves, and are counted there: for them `counts` is false. Failed
    /// attempts always count against their address.
    pub async fn admit_connector(
        &self,
        credential: &Credential,
        bound: Option<&str>,
        scope: Scope,
        address: Option<IpAddr>,
        counts: bool,
    ) -> Result<(), Error> {
        let need = need_scope(scope);
        let way = Way { surface: Surface::Mcp, operation: CONNECT };
        let identified = self.inner.authenticate(credential, Accepts::Connector, need, Some(way)).await;
        let caller = identified.as_ref().unwrap_or(&Actor::Anonymous);
        if counts || identified.is_err() {
            limits::let_through(self.inner.allowance(need, caller, address).await)?;
        }
        let actor = identified?;
        is_addressed(&actor, bound)?;
        let handle = self.inner.name_handle(&actor, bound, None)?;
        let admitted = if handle.active {
            self.inner.may(&actor, &handle.key, need, Surface::Mcp).await
        } else {
            Err(Denied::Stranger.into())
        };
        admitted.inspect_err(|error| self.inner.note_refusal(way, &actor, &handle.key, error))
    }
}

fn need_scope(scope: Scope) -> Need {
    Need::Member { role: Role::Creator, scope }
}

/// Whether an app's token was issued for the address at which it is shown (RFC 8707, 2; RFC 9068, 4 in spirit): for the
/// handle's own addresses, or for the one that names none.
fn is_addressed(actor: &Actor, bound: Option<&str>) -> Result<(), Error> {
    match actor {
        Actor::Connector { audience, .. } if (*audience == Audience::Shared) != bound.is_none() => {
            Err(Error::new(Code::INVALID_TOKEN, "the token was issued for another address of this server"))
        }
        _ => Ok(()),
    }
}

fn acting(connection: &Connection, scopes: &Scopes) -> Actor {
    Actor::Connector {
        id: connection.id,
        user: connection.user,
        handle: connection.handle.clone(),
        scopes: scopes.clone(),
        audience: connection.audience,
    }
}

impl Inner {
    /// Who calls. A grant puts its own arguments in.
    pub(super) async fn identify(
        &self,
        operation: &Operation,
        request: &mut Request,
    ) -> Result<Actor, Error> {
        let Credential::Grant(text) = &request.credential else {
            let way = Way { surface: request.surface, operation: operation.name };
            return self.authenticate(&request.credential, request.accepts, operation.need, Some(way)).await;
        };
        let now = self.ports.clock.now();
        let bound = request.bound.as_deref().map(|bound| self.key_of(bound));
        let grant = Grant::open(text, &self.settings.secret, operation.name, bound.as_deref(), now)?;
        let actor = self.granted(&grant).await?;
        // The grant binds every argument; how the bytes are written is known only now.
        let content_type = request.arguments.remove_entry("contentType");
        request.idempotency_key = grant.key.or(request.idempotency_key.take());
        request.arguments = grant.arguments;
        request.arguments.extend(content_type);
        Ok(actor)
    }

    /// Which handle is meant, and whether the actor may use the operation there. The handle argument is taken out of the
    /// request's arguments.
    pub(super) async fn admit(
        &self,
        operation: &Operation,
        request: &mut Request,
        actor: &Actor,
    ) -> Result<Option<Named>, Error> {
        let way = Way { surface: request.surface, operation: operation.name };
        if operation.realm == Realm::Platform {
            authorize(actor, operation.need, None)?;
            let unlocked = self.unlocked(operation, actor, None).await;
            unlocked.inspect_err(|error| self.note_refusal(way, actor, &Handle::installation(), error))?;
            return Ok(None);
        }
        if request.surface == Surface::Mcp {
            is_addressed(actor, request.bound.as_deref())?;
        }
        let named = request.arguments.shift_remove("handle");
        let handle = self.name_handle(actor, request.bound.as_deref(), named)?;
        if !handle.active && !operation.on_closed {
            return Err(Denied::Stranger.into());
        }
        if let Err(error) = self.may_here(operation, request, actor, &handle.key).await {
            self.note_refusal(way, actor, &handle.key, &error);
            // A handle that was given up is there for its owner only.
            return Err(if handle.active { error } else { Denied::Stranger.into() });
        }
        Ok(Some(handle))
    }

    /// Whether the actor may use this way in, and the operation behind it.
    async fn may_here(
        &self,
        operation: &Operation,
        request: &Request,
        actor: &Actor,
        handle: &Handle,
    ) -> Result<(), Error> {
        if request.accepts == Accepts::Connector && operation.need != Need::Public {
            self.may(actor, handle, need_scope(Scope::MCP_CONNECT), request.surface).await?;
        }
        self.may(actor, handle, operation.need, request.surface).await?;
        self.unlocked(operation, actor, Some(handle)).await
    }

    /// Who shows this credential here. Where a way in is named, the audit of a token's handle learns when the token is
    /// refused.
    pub(super) async fn authenticate(
        &self,
        credential: &Credential,
        accepts: Accepts,
        need: Need,
        way: Option<Way>,
    ) -> Result<Actor, Error> {
        let wrong_kind = || Error::new(Code::INVALID_TOKEN, "this credential does not open this route");
        match credential {
            Credential::Known(actor) => Ok(actor.clone()),
            _ if need == Need::Public => Ok(Actor::Anonymous),
            Credential::None => Err(Denied::NoCredential.into()),
            Credential::Bearer(text)
                if matches!(accepts, Accepts::Pat | Accepts::Connector) && Pat::claims(text) =>
            {
                self.token(&Pat::parse(text)?, way).await
            }
            Credential::Bearer(text) if accepts == Accepts::Connector && ConnectionSecret::claims(text) => {
                self.connector(text, way).await
            }
            Credential::Bearer(text) if accepts == Accepts::Jwt && !Pat::claims(text) => {
                self.signed_in(text).await
            }
            Credential::Grant(_) | Credential::Bearer(_) => Err(wrong_kind()),
        }
    }

    /// The token that is shown, if it stands.
    async fn token(&self, sent: &Pat, way: Option<Way>) -> Result<Actor, Error> {
        let record = self.held_token(sent.id).await?.ok_or(TokenRefused::Unknown)?;
        let now = self.ports.clock.now();
        if let Err(refused) = record.admit(sent, now) {
            let error = Error::from(refused);
            if let Some(way) = way {
                self.note_token_refused(way, &record, &error);
            }
            return Err(error);
        }
        self.tokens.uses.used(record.id, now);
        Ok(Actor::Token { id: record.id, handle: record.handle.clone(), scopes: record.scopes.clone() })
    }

    /// The app whose access token is shown, if what was allowed to it stands.
    async fn connector(&self, text: &str, way: Option<Way>) -> Result<Actor, Error> {
        let sent = ConnectionSecret::parse(text).ok_or(TokenRefused::Unknown)?;
        let record = self.held_credential(&sent).await?.ok_or(TokenRefused::Unknown)?;
        let (connection, now) = (&record.connection, self.ports.clock.now());
        let scopes = record.admit(now).map_err(|refused| {
            let error = Error::from(refused);
            if let Some(way) = way {
                self.note_connector_refused(way, connection, &error);
            }
            error
        })?;
        self.tokens.connection_uses.used(connection.id, now);
        Ok(acting(connection, scopes))
    }

    async fn held_credential(&self, sent: &ConnectionSecret) -> Result<Option<Arc<CredentialRecord>>, Error> {
        let hash = sent.hash();
        if let Some(record) = self.tokens.find_credential(hash, self.ports.clock.monotonic()) {
            return Ok(Some(record));
        }
        let asked = self.tokens.epoch();
        let record = self.ports.connections.credential(hash).await?.map(Arc::new);
        if let Some(record) = &record {
            self.tokens.keep_credential(hash, record, asked);
        }
        Ok(record)
    }

    async fn held_token(&self, id: TokenId) -> Result<Option<Arc<TokenRecord>>, Error> {
        if let Some(record) = self.tokens.find(id, self.ports.clock.monotonic()) {
            return Ok(Some(record));
        }
        let asked = self.tokens.epoch();
        let record = self.ports.access.token(id).await?.map(Arc::new);
        if let Some(record) = &record {
            self.tokens.keep(record, asked);
        }
        Ok(record)
    }

    /// The account behind an access token, if its session goes on.
    async fn signed_in(&self, text: &str) -> Result<Actor, Error> {
        let Some(sign_in) = &self.ports.sign_in else { return Err(TokenRefused::Unknown.into()) };
        let now = self.ports.clock.now();
        let claims = sign_in.tokens.check(text, now)?;
        let session = self.ports.sessions.session(claims.session).await?.ok_or(SessionRefused::Unknown)?;
        session.standing(now)?;
        Ok(Actor::User { id: session.user, session: Some(session.id) })
    }

    /// Who is behind a grant, if their token or connection still stands.
    async fn granted(&self, grant: &Grant) -> Result<Actor, Error> {
        let now = self.ports.clock.now();
        match grant.bearer()? {
            Bearer::Token(id) => {
                let record = self.ports.access.token(id).await?.ok_or(TokenRefused::Unknown)?;
                record.standing(now)?;
                Ok(Actor::Token { id: record.id, handle: record.handle, scopes: record.scopes })
            }
            Bearer::Connection(id) => {
                let connection = self.ports.connections.connection(id).await?.ok_or(TokenRefused::Unknown)?;
                connection.standing(now)?;
                Ok(acting(&connection, &connection.scopes))
            }
        }
    }

    /// Which handle is meant: that of host or path, else the argument, else the setting, else the token's own.
    fn name_handle(
        &self,
        actor: &Actor,
        bound: Option<&str>,
        argument: Option<Value>,
    ) -> Result<Named, Error> {
        let argument = match argument {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => return Err(Error::field("/handle", "wrong_type", "must be of type string")),
        };
        let named = match (bound, &argument) {
            (Some(bound), Some(argument)) if self.key_of(bound) != self.key_of(argument) => {
                let message = "the argument names another handle than the address; leave it out";
                return Err(Error::new(Code::HANDLE_MISMATCH, message));
            }
            (Some(bound), _) => Some(bound),
            (None, Some(argument)) => Some(argument.as_str()),
            (None, None) => None,
        };
        if let Some(text) = named {
            let named = Handle::parse(text).ok().and_then(|name| self.names.resolve(&name));
            return named.ok_or_else(|| Error::not_found("the handle"));
        }
        if let Some(handle) = &self.settings.default_handle {
            return Ok(self.names.resolve_ever(handle));
        }
        match actor {
            Actor::Token { handle, .. } | Actor::Connector { handle, .. } => {
                Ok(self.names.resolve_ever(handle))
            }
            _ => Err(Error::new(Code::MISSING_HANDLE, "name a handle in the argument 'handle'")),
        }
    }

    /// The key of a handle by what it is called: two names that mean one handle are no contradiction. A text that names
    /// none stands for itself.
    fn key_of(&self, name: &str) -> String {
        let named = Handle::parse(name).ok().and_then(|name| self.names.resolve(&name));
        named.map_or_else(|| name.to_owned(), |named| named.key.to_string())
    }

    async fn may(&self, actor: &Actor, handle: &Handle, need: Need, surface: Surface) -> Result<(), Error> {
        let membership = match actor {
            Actor::Token { handle: own, .. } | Actor::Connector { handle: own, .. } if own != handle => {
                // On MCP the server is the handle's, so the token is simply not one of its own.
                return Err(match surface {
                    Surface::Mcp => {
                        Error::new(Code::INVALID_TOKEN, "the credential is bound to another handle")
                    }
                    _ => Denied::Stranger.into(),
                });
            }
            Actor::User { id, .. } => self.ports.access.role(*id, handle).await?,
            // Who is no member any more has nothing left to allow.
            Actor::Connector { user, .. } => {
                Some(self.ports.access.role(*user, handle).await?.ok_or(TokenRefused::Revoked)?)
            }
            Actor::Operator if self.ports.access.handle(handle).await?.is_none() => {
                return Err(Denied::Stranger.into());
            }
            _ => None,
        };
        Ok(authorize(actor, need, membership)?)
    }
}
