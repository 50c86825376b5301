//! One request of a browser, and its way through the gate.

use std::net::IpAddr;

use http::header::{SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use lp_application::accounts::{self, Account, SignedIn};
use lp_application::{Accepts, Code, Credential, Error, Request, Surface};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tracing::error;

use crate::cookies::MAIL;
use crate::form::Values;
use crate::next::Next;
use crate::session::Session;
use crate::site::Site;
use crate::{agent, fields};

/// How long an address is remembered between the form that sends a code and the one that asks for it.
const MAIL_FOR: u64 = 15 * 60;

/// One request, and what its answer will tell the browser to keep.
pub(crate) struct Visit<'s> {
    pub(crate) site: &'s Site,
    pub(crate) query: Values,
    pub(crate) request_id: &'s str,
    head: &'s Parts,
    session: Session,
    address: Option<IpAddr>,
    agent: String,
    mail: String,
    /// Whether the address that a code was sent to changes: kept, or forgotten where it is empty.
    mail_changed: bool,
    back: Option<Next>,
}

impl<'s> Visit<'s> {
    pub(crate) fn new(site: &'s Site, head: &'s Parts, address: Option<IpAddr>, request_id: &'s str) -> Self {
        let user_agent = head.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let mail = site.jar.read(&head.headers, MAIL).unwrap_or_default();
        Self {
            site,
            query: Values::of_query(head.uri.query()),
            request_id,
            head,
            session: Session::read(site.jar, &head.headers),
            address,
            agent: agent::name(user_agent.unwrap_or_default()),
            mail: form_urlencoded::parse(format!("mail={mail}").as_bytes())
                .next()
                .map_or_else(String::new, |(_, mail)| mail.into_owned()),
            mail_changed: false,
            back: None,
        }
    }

    /// Where the browser wants to be after signing in.
    pub(crate) fn next(&self) -> Option<Next> {
        Next::parse(self.query.get("next"))
    }

    /// The query as it came.
    pub(crate) fn raw_query(&self) -> &'s str {
        self.head.uri.query().unwrap_or_default()
    }

    /// Whether a person goes somewhere with the whole window: browsers say so of all that they load (Fetch Metadata), and
    /// those that do not know how to are believed.
    pub(crate) fn is_navigation(&self) -> bool {
        let says = |name: &str| self.head.headers.get(name).map(HeaderValue::as_bytes);
        self.head.method == Method::GET
            && says("sec-fetch-dest").is_none_or(|place| place == b"document")
            && says("sec-purpose").is_none()
    }

    /// From here on, whoever turns out not to be signed in comes back to this address afterwards.
    pub(crate) fn come_back_to(&mut self, address: &str) {
        self.back = Next::parse(address);
    }

    /// Where somebody goes on who has to sign in first.
    pub(crate) fn back(&self) -> Option<&Next> {
        self.back.as_ref()
    }

    /// What the list of sessions will call this browser.
    pub(crate) fn agent(&self) -> &str {
        &self.agent
    }

    /// The address that a code was sent to a moment ago, or `""`.
    pub(crate) fn mail(&self) -> &str {
        &self.mail
    }

    pub(crate) fn remember_mail(&mut self, mail: &str) {
        mail.clone_into(&mut self.mail);
        self.mail_changed = true;
    }

    /// Calls an operation that needs nobody to be signed in.
    pub(crate) async fn ask(&self, operation: &str, arguments: Map<String, Value>) -> Result<Value, Error> {
        self.pass(operation, arguments, Credential::None).await
    }

    /// Calls an operation as the person who is signed in. An access token that is worth nothing any more is exchanged
    /// once; where that fails, nobody is signed in.
    pub(crate) async fn act(
        &mut self,
        operation: &str,
        arguments: Map<String, Value>,
    ) -> Result<Value, Error> {
        if let Some(access) = self.session.access() {
            let answer = self.pass(operation, arguments.clone(), Credential::Bearer(access.to_owned())).await;
            match answer {
                Err(error) if is_signed_out(&error) => {}
                other => return other,
            }
        }
        self.go_on().await?;
        let credential =
            self.session.access().map_or(Credential::None, |access| Credential::Bearer(access.to_owned()));
        let answer = self.pass(operation, arguments, credential).await;
        if answer.as_ref().is_err_and(is_signed_out) {
            self.session.end();
        }
        answer
    }

    /// The account that is signed in.
    pub(crate) async fn account(&mut self) -> Result<Account, Error> {
        read(self.act(accounts::ME.name(), Map::new()).await?)
    }

    /// Whether somebody is signed in here. A browser without cookies costs no call.
    pub(crate) async fn is_signed_in(&mut self) -> Result<bool, Error> {
        if !self.session.is_claimed() {
            return Ok(false);
        }
        match self.account().await {
            Ok(_) => Ok(true),
            Err(error) if is_signed_out(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Keeps what an operation answers that signs in.
    pub(crate) fn sign_in(&mut self, signed_in: Value) -> Result<(), Error> {
        self.session.begin(read::<SignedIn>(signed_in)?);
        if !self.mail.is_empty() {
            self.remember_mail("");
        }
        Ok(())
    }

    pub(crate) fn sign_out(&mut self) {
        self.session.end();
    }

    /// Tells the browser what to keep and what to forget.
    pub(crate) fn put_cookies(&self, headers: &mut HeaderMap) {
        let jar = self.site.jar;
        let mail: String = form_urlencoded::byte_serialize(self.mail.as_bytes()).collect();
        let mail: Option<HeaderValue> = match (self.mail_changed, mail.as_str()) {
            (false, _) => None,
            (true, "") => jar.forget(MAIL),
            (true, mail) => jar.keep(MAIL, mail, MAIL_FOR),
        };
        for cookie in self.session.cookies(jar).into_iter().chain(mail) {
            headers.append(SET_COOKIE, cookie);
        }
    }

    /// Exchanges the refresh token.
    async fn go_on(&mut self) -> Result<(), Error> {
        let Some(refresh) = self.session.refresh() else {
            if self.session.is_claimed() {
                self.session.end();
            }
            return Err(Error::new(Code::MISSING_BEARER_TOKEN, "nobody is signed in"));
        };
        let arguments = fields::object(json!({ "refreshToken": refresh }));
        match self.ask(accounts::REFRESH.name(), arguments).await {
            Ok(signed_in) => self.session.begin(read::<SignedIn>(signed_in)?),
            Err(error) => {
                if is_signed_out(&error) || error.code == Code::VALIDATION {
                    self.session.end();
                    return Err(Error::new(Code::TOKEN_EXPIRED, error.message));
                }
                return Err(error);
            }
        }
        Ok(())
    }

    async fn pass(
        &self,
        operation: &str,
        arguments: Map<String, Value>,
        credential: Credential,
    ) -> Result<Value, Error> {
        let request = Request {
            operation: operation.to_owned(),
            arguments,
            bound: None,
            credential,
            accepts: Accepts::Jwt,
            surface: Surface::Web,
            request_id: self.request_id.to_owned(),
            idempotency_key: None,
            address: self.address,
        };
        Ok(self.site.app.call(request).await.result?.value)
    }
}

/// Whether an operation was refused because nobody is signed in, or not any more.
pub(crate) fn is_signed_out(error: &Error) -> bool {
    let signs = [
        Code::MISSING_BEARER_TOKEN,
        Code::INVALID_TOKEN,
        Code::INVALID_TOKEN_FORMAT,
        Code::TOKEN_EXPIRED,
        Code::TOKEN_REVOKED,
    ];
    signs.contains(&error.code)
}

/// Reads an answer of the gate, which is what its type wrote.
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|fault| {
        error!(error.source = %fault, "an answer is not of its type");
        Error::new(Code::INTERNAL, "something went wrong on our side; it was logged")
    })
}
