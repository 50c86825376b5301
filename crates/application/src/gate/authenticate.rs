//! Who is it, by what they show?

use std::sync::Arc;

use lp_access::{
    Actor, Connection, ConnectionSecret, CredentialRecord, Denied, Need, Pat, SessionRefused, TokenRecord,
    TokenRefused,
};
use lp_core::{Scopes, TokenId};

use super::refused::Way;
use super::{Accepts, Credential};
use crate::application::Inner;
use crate::grant::{Bearer, Grant};
use crate::{Code, Error};

impl Inner {
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
    pub(super) async fn granted(&self, grant: &Grant) -> Result<Actor, Error> {
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
