use anyhow::Result;

use super::redirects::warm;
use super::servers::Servers;
use super::store::Store;

/// How many are loaded before the first look at the memory, so that what every start needs, above all the 64 MB that the
/// writer of the store remembers of its pages, is not taken for theirs.
const FIRST: u64 = 100_000;

/// Starts servers, loads every link by visiting it once, and tells what each takes.
#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
pub(super) fn load(store: Store) -> Result<(Servers, String)> {
    let servers = Servers::start(store)?;
    let links = servers.links;
    warm(&servers.platform, FIRST)?;
    let before = servers.platform.memory()?;
    eprintln!("visiting {links} links once");
    warm(&servers.platform, links)?;
    let after = servers.platform.memory()?;
    let each = (after - before) / (links - FIRST) as f64;
    let told = format!(
        "Resident memory at {links} loaded links: {each:.0} bytes a link, its texts included ({:.0} MB in all).\n",
        after / 1e6,
    );
    Ok((servers, told))
}
