//! What an app asks for, checked before anybody is asked.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use lp_access::{Client, ClientKind, ProofChallenge, RedirectUri, asked_scopes};
use lp_core::Scope;

use super::clients;
use super::input::AuthorizationRequest;
use super::resource::{Target, target};
use crate::cx::Cx;
use crate::{Application, Code, Error, PublicUrls};

/// A request that can be put to a person.
pub(super) struct Asked {
    pub(super) client: Client,
    pub(super) target: Target,
    pub(super) challenge: ProofChallenge,
    pub(super) scopes: Vec<Scope>,
    /// Whether the app wants the person to be asked in any case.
    pub(super) insists: bool,
    pub(super) answer: Answer,
}

/// Where the answer goes.
pub(super) struct Answer {
    pub(super) redirect: RedirectUri,
    state: Option<String>,
    issuer: String,
}

/// What becomes of a request that is told to nobody but its app.
pub(super) enum Checked {
    Ask(Box<Asked>),
    /// The browser goes there with what is wrong (RFC 6749, 4.1.2.1).
    Refuse(String),
}

/// Checks a request. An error is for the person: as long as client and redirect address are not certain, no browser is
/// sent anywhere, or anybody could send people where they like under our name.
pub(super) async fn check(cx: &Cx, request: &AuthorizationRequest) -> Result<Checked, Error> {
    let lacks = |what: &str| Error::new(Code::INVALID_REQUEST, format!("the request lacks {what}"));
    let id = request.client_id.as_deref().ok_or_else(|| lacks("client_id"))?;
    let redirect = request.redirect_uri.as_deref().ok_or_else(|| lacks("redirect_uri"))?;
    let client = clients::find(cx, id).await?;
    let redirect = client.redirect(redirect).ok_or_else(|| {
        let message = "the redirect_uri is not one that this client registered";
        Error::new(Code::INVALID_REDIRECT_URI, message)
    })?;
    let answer = Answer::to(redirect, request, cx.urls());
    let read = parameters(request).and_then(|read| Ok((read, target(cx, request.resource.as_deref())?)));
    Ok(match read {
        Ok(((challenge, scopes, insists), target)) => {
            Checked::Ask(Box::new(Asked { client, target, challenge, scopes, insists, answer }))
        }
        Err(error) => Checked::Refuse(answer.refusal(error.code, &error.message)),
    })
}

impl Application {
    /// Where a browser goes at once with a request that is faulty whoever answers it: back to its app. `None` where a
    /// person has to sign in first.
    ///
    /// That is so wherever the answer would leave for somebody else's site, or everybody who registers an app could send
    /// people there under our name (RFC 9700, 4.11.2). The person's own machine is no such place, and the apps that the
    /// operator vouches for are not anybody's. Nothing is fetched or read for it, since nobody has signed in.
    pub fn refused_at_once(&self, request: &AuthorizationRequest) -> Option<String> {
        let settings = self.settings();
        let client = clients::open(request.client_id.as_deref()?, &settings.secret)?;
        let redirect = client.redirect(request.redirect_uri.as_deref()?)?;
        if client.kind != ClientKind::Vouched && !redirect.is_loopback() {
            return None;
        }
        let error = parameters(request).err()?;
        Some(Answer::to(redirect, request, &settings.urls).refusal(error.code, &error.message))
    }
}

type Parameters = (ProofChallenge, Vec<Scope>, bool);

fn parameters(request: &AuthorizationRequest) -> Result<Parameters, Error> {
    let invalid = |message: &str| Error::new(Code::INVALID_REQUEST, message);
    match request.response_type.as_deref() {
        Some("code") => {}
        None => return Err(invalid("the request lacks response_type")),
        Some(_) => return Err(Error::new(Code::UNSUPPORTED_RESPONSE_TYPE, "response_type must be code")),
    }
    if request.code_challenge_method.as_deref() != Some("S256") {
        return Err(invalid("code_challenge_method must be S256"));
    }
    let challenge = request.code_challenge.as_deref().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let challenge = challenge.and_then(|bytes| bytes.try_into().ok()).map(ProofChallenge);
    let challenge = challenge
        .ok_or_else(|| invalid("code_challenge must be 43 characters of base64url, without padding"))?;
    let mut scopes = asked_scopes(request.scope.as_deref().unwrap_or_default())
        .map_err(|fault| Error::new(Code::INVALID_SCOPE, fault.to_string()))?;
    // Without these two a client can do nothing at all, so who does not ask for them means them.
    for basic in [Scope::MCP_CONNECT, Scope::SKILLS_READ] {
        if !scopes.contains(&basic) {
            scopes.push(basic);
        }
    }
    let prompt = request.prompt.as_deref().unwrap_or_default();
    if prompt.split(' ').any(|word| word == "none") {
        return Err(Error::new(Code::ACCESS_DENIED, "nobody can be let in without being asked"));
    }
    Ok((challenge, scopes, !prompt.is_empty()))
}

impl Answer {
    fn to(redirect: RedirectUri, request: &AuthorizationRequest, urls: &PublicUrls) -> Self {
        Self { redirect, state: request.state.clone(), issuer: urls.api.clone() }
    }

    /// The code.
    pub(super) fn code(&self, code: &str) -> String {
        self.with(&[("code", code)])
    }

    /// Why there is none.
    pub(super) fn refusal(&self, code: Code, message: &str) -> String {
        self.with(&[("error", code.name()), ("error_description", message)])
    }

    /// The redirect address with these parameters, the state, and who answers (RFC 9207, 2).
    fn with(&self, parameters: &[(&str, &str)]) -> String {
        let text = self.redirect.as_str();
        let mut query = Serializer::new(String::new());
        query.extend_pairs(parameters);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", &self.issuer);
        let mark = match text.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{text}{mark}{}", query.finish())
    }
}
