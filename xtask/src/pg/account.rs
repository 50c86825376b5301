//! Who the server runs as: PostgreSQL refuses to run as root.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Result, bail};

/// A user and its group, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// What `nobody` is nearly everywhere, for a machine that does not say.
const NOBODY: Account = Account { uid: 65_534, gid: 65_534 };

/// Whom the server runs as; `None` when that is simply who runs this.
pub(super) fn for_server() -> Result<Option<Account>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    if !super::servers::on_path("setpriv") {
        bail!(
            "PostgreSQL does not run as root, and `setpriv`, which would run it as another user, is missing: \
             install util-linux, run this as another user, or set {} to a server that runs",
            super::URL
        );
    }
    Ok(Some(unprivileged(&fs::read_to_string("/etc/passwd").unwrap_or_default())))
}

/// `postgres`, or else `nobody`, of this `/etc/passwd`.
pub(super) fn unprivileged(passwd: &str) -> Account {
    let account = |wanted: &str| {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            (name == wanted && uid != 0).then_some(Account { uid, gid })
        })
    };
    account("postgres").or_else(|| account("nobody")).unwrap_or(NOBODY)
}

/// The words in front of a command that run it as this account.
pub(super) fn words(account: Option<Account>) -> String {
    account.map_or_else(String::new, |Account { uid, gid }| {
        format!("setpriv --reuid {uid} --regid {gid} --clear-groups")
    })
}

/// Whether every user can get at what lies in this folder.
pub(super) fn open_to_all(folder: &Path) -> bool {
    folder
        .ancestors()
        .filter(|part| !part.as_os_str().is_empty())
        .all(|part| fs::metadata(part).is_ok_and(|found| found.permissions().mode() & 0o001 != 0))
}

/// The same of a folder that may have to be made first.
pub(super) fn will_be_open(folder: &Path) -> bool {
    folder.ancestors().find(|part| part.is_dir()).is_some_and(open_to_all)
}
