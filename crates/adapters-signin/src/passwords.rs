use std::sync::Arc;

use async_trait::async_trait;
use lp_access::password;
use lp_ports::{Passwords, PasswordsBusy};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// How many may wait for each one that is hashed: at some 35 ms a hash the last of them waits for about a third of a
/// second. Who comes then is told to come again.
const WAITING_EACH: usize = 8;

/// What an unknown account's password is compared with: it takes as long, and no password is known that fits it.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes passwords on threads of their own, a few at once.
pub struct BoundedPasswords {
    /// Those that are hashed, and those that wait.
    admitted: Arc<Semaphore>,
    hashing: Arc<Semaphore>,
}

impl BoundedPasswords {
    /// So many at once: one core less than there are, so that one stays for everybody else.
    pub fn new(at_once: usize) -> Self {
        let at_once = at_once.max(1);
        Self {
            admitted: Arc::new(Semaphore::new(at_once * (1 + WAITING_EACH))),
            hashing: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// Works on a thread of its own once there is room; what was begun is finished, whoever still waits for it.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordsBusy> {
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| PasswordsBusy)?;
        let hashing = self.hashing.clone().acquire_owned().await.map_err(|_| PasswordsBusy)?;
        let done = spawn_blocking(move || {
            let done = work();
            drop((hashing, admitted));
            done
        });
        done.await.map_err(|_| PasswordsBusy)
    }
}

#[async_trait]
impl Passwords for BoundedPasswords {
    async fn hash(&self, password: String, salt: [u8; 16]) -> Result<String, PasswordsBusy> {
        self.work(move || password::hash(&password, &salt)).await?.map_err(|_| PasswordsBusy)
    }

    async fn matches(&self, password: String, hash: Option<String>) -> Result<bool, PasswordsBusy> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        Ok(self.work(move || password::matches(&password, &hash)).await? && known)
    }
}
