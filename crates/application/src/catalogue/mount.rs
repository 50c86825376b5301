/// Where and how a row is reached over REST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The method.
    pub method: Method,
    /// The whole path; `{name}` stands for one segment that becomes the argument `name`.
    pub path: String,
    /// What credential this route takes.
    pub auth: Auth,
    /// What becomes of the body.
    pub body: Body,
    /// What becomes of the query.
    pub query: Query,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Does, or makes under a name that the platform chooses.
    Post,
    /// Makes or sets under the caller's name.
    Put,
    /// Sets what exists.
    Patch,
    /// Takes away.
    Delete,
}

/// Which credentials a route takes. Any other kind is an invalid token there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// The access token of a signed-in account.
    Jwt,
    /// A personal access token of the handle, or a grant in the address of a stream.
    Pat,
    /// None; one that is sent is ignored.
    Public,
    /// A grant in the address, and nothing else.
    Signed,
}

/// What becomes of a request body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    None,
    /// The JSON object becomes this argument; without a body the argument is absent.
    Under(&'static str),
    /// The keys of the JSON object become arguments.
    Rest,
    /// The fields of a form become arguments (RFC 6749, appendix B): unknown ones are ignored, empty ones are absent. So do
    /// the credentials of a client in the `Authorization` header, as `client_id` and `client_secret` (2.3.1); parameters in
    /// the address do not. For public routes.
    Form,
    /// Bytes, for the stream.
    Bytes,
}

/// What becomes of the query parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// They become arguments.
    Rest,
    /// They become properties of this argument.
    Under(&'static str),
}

impl Mount {
    /// A route without a body, whose query parameters become arguments.
    pub fn new(method: Method, path: impl Into<String>, auth: Auth) -> Self {
        Self { method, path: path.into(), auth, body: Body::None, query: Query::Rest }
    }
}

impl Method {
    /// As HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}
