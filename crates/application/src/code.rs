//! Every error code there is: one table, from which `docs/errors.md`, the OpenAPI enumeration and the surfaces' statuses
//! come.

/// What went wrong, as a stable word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(&'static Row);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Row {
    name: &'static str,
    status: u16,
    retryable: bool,
    meaning: &'static str,
}

macro_rules! codes {
    ($($constant:ident = $name:literal, $status:literal, $retryable:literal, $meaning:literal;)+) => {
        impl Code {
            $(
                #[doc = $meaning]
                pub const $constant: Self =
                    Self(&Row { name: $name, status: $status, retryable: $retryable, meaning: $meaning });
            )+

            /// All codes, by status.
            pub const ALL: &'static [Self] = &[$(Self::$constant),+];
        }
    };
}

codes! {
    VALIDATION = "validation_error", 400, false, "Arguments are missing, unknown, of the wrong type or out of bounds; `fields` names each.";
    INVALID_PAYLOAD = "invalid_payload", 400, false, "The body is not one well-formed JSON object in UTF-8.";
    INVALID_SLUG = "invalid_slug", 400, false, "The slug has other characters than letters, digits, `_` and `-`, is too long, or is reserved.";
    INVALID_DESTINATION_URL = "invalid_destination_url", 400, false, "The destination is not an absolute http or https address without credentials.";
    INVALID_CURSOR = "invalid_cursor", 400, false, "The cursor is not one that a list of this kind gave out.";
    INVALID_COLLABORATORS = "invalid_collaborators", 400, false, "The list of collaborators names unknown accounts or roles, one account twice, or more than 100; `fields` names each.";
    INVALID_CONTEXT = "invalid_context", 400, false, "The context token is not one of ours, was cut or changed, is of another handle, or was made with a key that is retired.";
    NEW_OWNER_REQUIRED = "new_owner_required", 400, false, "The account that shall own the handle is missing or unknown.";
    INVALID_REQUEST = "invalid_request", 400, false, "Arguments of a request below `/oauth` are missing, unknown or malformed; `fields` names each.";
    AUTHORIZATION_PENDING = "authorization_pending", 400, true, "Nobody has answered the desktop's attempt in the browser yet. `Retry-After` says when to ask again.";
    ACCESS_DENIED = "access_denied", 400, false, "The person declined: in the browser, or by ending what was granted.";
    EXPIRED_TOKEN = "expired_token", 400, false, "The desktop's attempt was not approved and redeemed in time.";
    INVALID_GRANT = "invalid_grant", 400, false, "What is exchanged (a desktop's attempt, an authorization code, a refresh token) is not one of ours, was used, has expired, or belongs to another client, redirect address or proof.";
    UNAUTHORIZED_CLIENT = "unauthorized_client", 400, false, "The client may not use this kind of grant.";
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type", 400, false, "`grant_type` is neither `authorization_code` nor `refresh_token`.";
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type", 400, false, "`response_type` is not `code`.";
    INVALID_SCOPE = "invalid_scope", 400, false, "A scope is unknown, malformed, or beyond what was granted.";
    INVALID_TARGET = "invalid_target", 400, false, "`resource` is not the address of an MCP server here, or not the one that was granted.";
    INVALID_REDIRECT_URI = "invalid_redirect_uri", 400, false, "A redirect address is malformed, or is neither https nor loopback.";
    INVALID_CLIENT_METADATA = "invalid_client_metadata", 400, false, "What a client says of itself is missing, contradictory or not supported.";
    MISSING_HANDLE = "missing_handle", 400, false, "No handle was named by the host, the path, the arguments or the settings.";
    INVALID_CREDENTIALS = "invalid_credentials", 401, false, "No account has this e-mail address with this password.";
    INVALID_CLIENT = "invalid_client", 401, false, "The client is unknown, or is not who it says it is.";
    INVALID_CODE = "invalid_code", 401, false, "The code is wrong, expired, used, or was guessed at too often, or nobody asked for one.";
    MISSING_BEARER_TOKEN = "missing_bearer_token", 401, false, "The operation needs a credential and none was sent.";
    INVALID_TOKEN = "invalid_token", 401, false, "The credential is unknown, of the wrong kind for this route, or bound to another handle.";
    INVALID_TOKEN_FORMAT = "invalid_token_format", 401, false, "The token begins with `patv1_` but is not written `patv1_<tokenId>.<secret>`.";
    TOKEN_EXPIRED = "token_expired", 401, false, "The credential has expired.";
    TOKEN_REVOKED = "token_revoked", 401, false, "The credential has been revoked.";
    INSUFFICIENT_SCOPE = "insufficient_scope", 403, false, "The token lacks the scope in `requiredScope`.";
    INSUFFICIENT_ROLE = "insufficient_role", 403, false, "The caller's role in the handle is below `requiredRole`.";
    SIGNUP_CLOSED = "signup_closed", 403, false, "Accounts of this installation are made by its operator.";
    FORBIDDEN = "forbidden", 403, false, "Pages of this origin may not ask here; the handle's owner lists those that may.";
    HANDLE_MISMATCH = "handle_mismatch", 403, false, "The handle in the arguments is not the one of the host or path.";
    PASSWORD_REQUIRED = "password_required", 403, false, "The link asks its visitors for a password, which is sent to the same address as the field `password` of a form; only they are told so.";
    WRONG_PASSWORD = "wrong_password", 403, false, "What a visitor said is not the link's password.";
    FEATURE_LOCKED = "feature_locked", 403, false, "The plan behind the call lacks `feature`; `requiredPlan` is the least one that has it, null where none makes a difference.";
    NOT_FOUND = "not_found", 404, false, "There is no such thing, or it is not yours.";
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, false, "The path exists, but not with this method; `Allow` lists those it has.";
    REQUEST_TIMEOUT = "request_timeout", 408, true, "The body did not arrive whole in time, or came too slowly.";
    CONFLICT = "conflict", 409, false, "It exists already, or others kept changing it while this was tried.";
    IDEMPOTENCY_CONFLICT = "idempotency_conflict", 409, false, "The idempotency key was used before for something else.";
    CONTEXT_EXPIRED = "context_expired", 410, false, "The context token is older than 30 days.";
    GONE = "gone", 410, false, "The link has ended; only its visitors are told so.";
    PAYLOAD_TOO_LARGE = "payload_too_large", 413, false, "The body is larger than this operation takes.";
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type", 415, false, "The body's content type is not one that this operation takes.";
    RATE_LIMITED = "rate_limited", 429, true, "Too many calls, or as many writes today as the plan allows: then `plan`, `limits` and `usage` say so. `Retry-After` says when to go on.";
    SERVER_ERROR = "server_error", 500, true, "What `internal_error` is called where OAuth has the words.";
    INTERNAL = "internal_error", 500, true, "A fault of ours. It is logged under the request id.";
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable", 503, true, "What `service_unavailable` is called where OAuth has the words, and, with status 429, `rate_limited`.";
    UNAVAILABLE = "service_unavailable", 503, true, "The store cannot be reached or is full.";
}

impl Code {
    /// The word in replies.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The HTTP status (RFC 9110).
    pub fn status(self) -> u16 {
        self.0.status
    }

    /// Whether the same call may succeed later.
    pub fn retryable(self) -> bool {
        self.0.retryable
    }

    /// One sentence for documents.
    pub fn meaning(self) -> &'static str {
        self.0.meaning
    }
}
