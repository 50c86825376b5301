//! The fields that forms are made of. A field is named as the argument that it becomes, so a fault finds its field.

use serde_json::{Map, Value};

use crate::form::Values;

/// One field of a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// The argument's name.
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    /// What is said where it is empty.
    pub(crate) ask: &'static str,
    pub(crate) hint: Option<&'static str>,
    pub(crate) kind: Kind,
}

/// What is typed into a field, which decides how browsers and phones help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Email,
    /// The password that there is.
    Password,
    /// One that is being chosen.
    NewPassword,
    Code,
    Handle,
}

const GOOD_PASSWORD: &str = "A few words in a row are easy to remember and hard to guess.";

impl Kind {
    /// Whether nobody may read it over a shoulder, nor in a page that is shown again.
    pub(crate) fn is_secret(self) -> bool {
        matches!(self, Self::Password | Self::NewPassword)
    }
}

pub(crate) static EMAIL: Field = Field {
    name: "email",
    label: "E-mail address",
    ask: "Enter your e-mail address.",
    hint: None,
    kind: Kind::Email,
};
pub(crate) static PASSWORD: Field = Field {
    name: "password",
    label: "Password",
    ask: "Enter your password.",
    hint: None,
    kind: Kind::Password,
};
/// That of a new account.
pub(crate) static FIRST_PASSWORD: Field = Field {
    name: "password",
    label: "Password",
    ask: "Choose a password.",
    hint: Some(GOOD_PASSWORD),
    kind: Kind::NewPassword,
};
/// In place of a forgotten one.
pub(crate) static NEW_PASSWORD: Field = Field {
    name: "password",
    label: "New password",
    ask: "Choose a new password.",
    hint: Some(GOOD_PASSWORD),
    kind: Kind::NewPassword,
};
pub(crate) static CODE: Field = Field {
    name: "code",
    label: "Code",
    ask: "Enter the code from the e-mail.",
    hint: Some("Six digits, from the e-mail that we sent you."),
    kind: Kind::Code,
};
pub(crate) static HANDLE: Field = Field {
    name: "handle",
    label: "New handle",
    ask: "Choose a handle.",
    hint: Some("2 to 32 lower-case letters, digits and hyphens. It names the address of your links."),
    kind: Kind::Handle,
};
/// One of those that the account has.
pub(crate) static CHOSEN_HANDLE: Field =
    Field { name: "handle", label: "Handle", ask: "Choose a handle.", hint: None, kind: Kind::Handle };
pub(crate) static PRESENT_PASSWORD: Field = Field {
    name: "currentPassword",
    label: "Current password",
    ask: "Enter your current password.",
    hint: None,
    kind: Kind::Password,
};
pub(crate) static LATER_PASSWORD: Field = Field {
    name: "newPassword",
    label: "New password",
    ask: "Choose a new password.",
    hint: Some(GOOD_PASSWORD),
    kind: Kind::NewPassword,
};

/// The arguments that a form's values are. Empty fields are left out, so that the gate says which are missing; spaces
/// around anything but a password come from keyboards and not from people.
pub(crate) fn arguments(fields: &[&Field], values: &Values) -> Map<String, Value> {
    let filled = fields.iter().map(|field| {
        let value = values.get(field.name);
        let meant = match field.kind {
            kind if kind.is_secret() => value.to_owned(),
            // Codes are read out and pasted in groups.
            Kind::Code => value.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect(),
            _ => value.trim().to_owned(),
        };
        (field.name, meant)
    });
    filled
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

/// A JSON object as arguments.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
