//! Which handle is meant, and may they?

use std::net::IpAddr;

use lp_access::{Actor, Audience, Denied, Need, TokenRefused, authorize};
use lp_core::{Handle, Role, Scope};
use serde_json::Value;

use super::refused::Way;
use super::{Accepts, Credential, Request, Surface};
use crate::application::Inner;
use crate::catalogue::{Operation, Realm};
use crate::grant::Grant;
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
            // Everybody may call it, wherever: but what it tells may depend on where that is.
            let looks = operation.need == Need::Public && operation.effect.read_only;
            let bound = request.bound.as_deref().filter(|_| looks);
            return bound.map(|bound| self.name_handle(actor, Some(bound), None)).transpose();
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
        let membership = self.membership(actor, handle, request.surface).await?;
        if request.accepts == Accepts::Connector && operation.need != Need::Public {
            authorize(actor, need_scope(Scope::MCP_CONNECT), membership)?;
        }
        authorize(actor, operation.need, membership)?;
        self.unlocked(operation, actor, Some(handle)).await
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
        let membership = self.membership(actor, handle, surface).await?;
        Ok(authorize(actor, need, membership)?)
    }

    /// The role that counts for an actor in a handle; who has nothing to do with the handle is refused.
    async fn membership(
        &self,
        actor: &Actor,
        handle: &Handle,
        surface: Surface,
    ) -> Result<Option<Role>, Error> {
        Ok(match actor {
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
        })
    }
}
