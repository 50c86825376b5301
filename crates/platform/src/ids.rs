//! The machine's randomness.

use lp_ports::Ids;
use uuid::Uuid;

/// Asks the operating system.
#[derive(Debug)]
pub(crate) struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the source of ids that everybody else is given")]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn random(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // Where the system has no randomness nothing here may go on: every secret would be guessable.
        #[expect(clippy::expect_used, reason = "no secret may be made without randomness")]
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}
