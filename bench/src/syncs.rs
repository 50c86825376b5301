use std::io::{self, Write as _};
use std::time::Duration;

use crate::Tally;
use crate::closed::now;

/// How often one writer can append a small record to a file and bring it to the disk: what durable writes cost at least,
/// one by one.
pub fn syncs(lasting: Duration) -> io::Result<Tally> {
    let mut file = tempfile::tempfile()?;
    let began = now();
    let mut tally = Tally::default();
    while began.elapsed() < lasting {
        let from = now();
        file.write_all(&[b'x'; 256])?;
        file.sync_data()?;
        tally.requests += 1;
        tally.took.push(from.elapsed());
    }
    Ok(Tally::merged([tally], began.elapsed()))
}
