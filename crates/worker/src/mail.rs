use std::sync::Arc;
use std::time::Duration;

use lp_access::Mail;
use lp_application::Application;
use lp_core::text::with_causes;
use lp_ports::{Clock, MailFault, MailQueue, Mailer, StoreError};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How often the queue is looked at.
const PAUSE: Duration = Duration::from_secs(1);
/// How many mails are sent at a time.
const AT_ONCE: u32 = 8;
/// How long sending one may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a mail is this node's alone: longer than sending it takes, by more than clocks differ.
const CLAIM: Duration = Duration::from_mins(3);
/// How long mails that are being sent are waited for at the end. One that takes longer is sent again by whoever is next.
const LAST: Duration = Duration::from_secs(2);

/// Where mails come from and go to.
pub struct Post {
    /// Which says what they say.
    pub app: Application,
    /// Where they wait.
    pub queue: Arc<dyn MailQueue>,
    /// Who takes them.
    pub mailer: Arc<dyn Mailer>,
    /// What says when they are due.
    pub clock: Arc<dyn Clock>,
}

/// Sends what is due until cancelled. What cannot be sent now is tried again for as long as it is of use.
pub async fn send_mails(post: Post, cancelled: CancellationToken) {
    let post = Arc::new(post);
    let mut away = false;
    while !cancelled.is_cancelled() {
        match post.send_due(&cancelled).await {
            // There may be more.
            Ok(sent) if sent == AT_ONCE as usize => continue,
            Ok(_) => away = false,
            Err(error) if !away => {
                warn!(error.source = %with_causes(&error), "mails cannot be taken from the queue; they wait there");
                away = true;
            }
            Err(_) => {}
        }
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = cancelled.cancelled() => {}
        }
    }
}

impl Post {
    /// Sends some of what is due, and says how many it were.
    async fn send_due(self: &Arc<Self>, cancelled: &CancellationToken) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let claimed = self.queue.claim_mails(now, now.plus(CLAIM), AT_ONCE).await?;
        let count = claimed.len();
        let mut sending = JoinSet::new();
        for mail in claimed {
            let post = Arc::clone(self);
            sending.spawn(async move { post.deliver(mail).await });
        }
        let all = async { while sending.join_next().await.is_some() {} };
        tokio::pin!(all);
        tokio::select! {
            () = &mut all => {}
            () = cancelled.cancelled() => {
                if timeout(LAST, all).await.is_err() {
                    warn!("mails were being sent at the end; they are sent again");
                }
            }
        }
        Ok(count)
    }

    async fn deliver(&self, mail: Mail) {
        let kept = match self.send(&mail).await {
            Ok(()) => self.queue.mail_done(mail.id).await,
            Err(MailFault::Never(source)) => {
                warn!(mail.id = %mail.id, mail.kind = mail.kind.as_str(), error.source = %with_causes(source.as_ref()), "a mail was refused and is given up");
                self.queue.mail_done(mail.id).await
            }
            Err(MailFault::Later(source)) => self.put_off(&mail, &with_causes(source.as_ref())).await,
        };
        if let Err(error) = kept {
            warn!(mail.id = %mail.id, error.source = %with_causes(&error), "what became of a mail could not be noted; it may be sent again");
        }
    }

    async fn send(&self, mail: &Mail) -> Result<(), MailFault> {
        if mail.expires_at <= self.clock.now() {
            return Err(MailFault::Never("it was not sent in time".into()));
        }
        let Some(message) = self.app.message(mail) else { return Ok(()) };
        let sent = timeout(PATIENCE, self.mailer.send(&message)).await;
        sent.unwrap_or_else(|_| Err(MailFault::Later("it took too long".into())))?;
        info!(mail.id = %mail.id, mail.kind = mail.kind.as_str(), "a mail was sent");
        Ok(())
    }

    async fn put_off(&self, mail: &Mail, why: &str) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Some(again) = mail.again_at(now) else {
            warn!(mail.id = %mail.id, mail.kind = mail.kind.as_str(), mail.attempts = mail.attempts, error.source = why, "a mail could not be sent in time and is given up");
            return self.queue.mail_done(mail.id).await;
        };
        warn!(mail.id = %mail.id, mail.kind = mail.kind.as_str(), mail.attempts = mail.attempts, error.source = why, "a mail could not be sent and is tried again");
        self.queue.mail_later(mail, again).await
    }
}
