//! What visitors of a link have to say first.

use lp_links::{Field, Link, LinkPassword};

use super::input::LinkFields;
use crate::Error;
use crate::cx::Cx;
use crate::wire::{LinkSecret, Patch, Wire};

/// What a change says about the password of a link. Who says the present one again changes
/// nothing, so that a repeated write makes no revision.
pub(super) async fn change(
    cx: &Cx,
    live: Option<&Link>,
    said: Patch<Wire<LinkSecret>>,
) -> Result<Field<LinkPassword>, Error> {
    let said = match said {
        Patch::Absent => return Ok(Field::Keep),
        Patch::Null => return Ok(Field::Clear),
        Patch::Value(said) => said.0.as_str().to_owned(),
    };
    let passwords = &cx.sign_in()?.passwords;
    let present = live.and_then(|link| link.parts().controls.password.as_ref());
    if let Some(present) = present
        && passwords.matches(said.clone(), Some(present.phc().to_owned())).await?
    {
        return Ok(Field::Set(present.clone()));
    }
    let mut salt = [0; 16];
    salt.copy_from_slice(&cx.random()[..16]);
    let hash = passwords.hash(said, salt).await?;
    LinkPassword::stored(&hash).map(Field::Set).map_err(Error::internal)
}

/// Of many links at once none gets a password: to hash thousands takes minutes of a core. Nor does one that had a password
/// where it was exported come in without: whoever was kept out there would be let in here.
pub(super) fn refuse_in_import(fields: &LinkFields, live: Option<&Link>, locked: bool) -> Result<(), Error> {
    if matches!(fields.password, Patch::Value(_)) {
        let message = "imports set no passwords; set it for each link with links_upsert";
        return Err(Error::field("/payload/password", "not_importable", message));
    }
    let kept = live.is_some_and(|link| link.parts().controls.password.is_some());
    if locked && !kept {
        let message = "exports carry no passwords, and without one the link would be open; make it with links_upsert, \
                       or leave hasPassword out";
        return Err(Error::field("/hasPassword", "not_importable", message));
    }
    Ok(())
}
