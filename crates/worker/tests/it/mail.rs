//! Mails from the queue to whoever takes them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lp_access::{CodePurpose, Mail, MailKind};
use lp_application::Credential;
use lp_core::Handle;
use lp_ports::{Batch, Change, Clock, Committer, MailChange, MailFault, MailQueue, Mailer, Message};
use lp_testkit::{Sandbox, fixtures};
use lp_worker::{Post, send_mails};
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

type Fault = fn() -> MailFault;

/// Takes mails, or answers the faults it was given first.
#[derive(Default)]
struct Taker {
    faults: Mutex<Vec<Fault>>,
    taken: Mutex<Vec<Message>>,
    asked: Notify,
}

#[async_trait]
impl Mailer for Taker {
    async fn send(&self, message: &Message) -> Result<(), MailFault> {
        let fault = self.faults.lock().expect("whole").pop();
        let answer = if let Some(fault) = fault {
            Err(fault())
        } else {
            self.taken.lock().expect("whole").push(message.clone());
            Ok(())
        };
        self.asked.notify_one();
        answer
    }

    async fn check(&self) -> Result<String, MailFault> {
        Ok("well".to_owned())
    }
}

struct Running {
    taker: Arc<Taker>,
    cancelled: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Sends for a sandbox, in a time that passes as fast as it can.
    fn start(sandbox: &Sandbox, faults: Vec<Fault>) -> Self {
        let taker = Arc::new(Taker { faults: Mutex::new(faults), ..Taker::default() });
        let cancelled = CancellationToken::new();
        let post = Post {
            app: sandbox.app.clone(),
            queue: Arc::new(sandbox.store.clone()),
            mailer: taker.clone(),
            clock: sandbox.clock.clone(),
        };
        #[expect(clippy::disallowed_methods, reason = "the test ends it")]
        let task = tokio::spawn(send_mails(post, cancelled.clone()));
        Self { taker, cancelled, task }
    }

    async fn stop(self) -> Vec<Message> {
        self.cancelled.cancel();
        self.task.await.expect("it ends");
        self.taker.taken.lock().expect("whole").clone()
    }
}

async fn ask(sandbox: &Sandbox, email: &str) {
    let request = sandbox.request("auth_passwordless_start", json!({ "email": email }), Credential::None);
    sandbox.app.call(request).await.result.expect("asked");
}

/// What is left in the queue, as of a time when everything is due.
async fn left(sandbox: &Sandbox) -> Vec<Mail> {
    let end = sandbox.clock.now().plus(Duration::from_hours(48));
    sandbox.store.claim_mails(end, end, 100).await.expect("the store answers")
}

#[tokio::test]
async fn what_is_queued_is_sent_and_forgotten_and_a_decoy_is_only_forgotten() {
    let sandbox = Sandbox::new().await;
    ask(&sandbox, "nobody@example.com").await;
    ask(&sandbox, "owner@example.com").await;
    let running = Running::start(&sandbox, vec![]);
    running.taker.asked.notified().await;
    let taken = running.stop().await;
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].to.as_str(), "owner@example.com");
    assert_eq!(left(&sandbox).await, []);
}

#[tokio::test]
async fn a_mail_that_is_not_taken_now_is_put_off_and_one_that_is_refused_is_given_up() {
    let sandbox = Sandbox::new().await;
    ask(&sandbox, "owner@example.com").await;
    let running = Running::start(&sandbox, vec![|| MailFault::Later("away".into())]);
    running.taker.asked.notified().await;
    assert_eq!(running.stop().await, []);
    let now = sandbox.clock.now();
    let early = now.plus(Duration::from_secs(4));
    assert_eq!(sandbox.store.claim_mails(early, early, 9).await.expect("the store answers"), []);
    sandbox.clock.advance(Duration::from_secs(5));
    let running = Running::start(&sandbox, vec![]);
    running.taker.asked.notified().await;
    assert_eq!(running.stop().await.len(), 1, "taken the second time");

    ask(&sandbox, "owner@example.com").await;
    let running = Running::start(&sandbox, vec![|| MailFault::Never("no such mailbox".into())]);
    running.taker.asked.notified().await;
    assert_eq!(running.stop().await, []);
    assert_eq!(left(&sandbox).await, [], "given up");
}

#[tokio::test]
async fn a_mail_that_comes_too_late_is_not_sent() {
    let sandbox = Sandbox::new().await;
    ask(&sandbox, "owner@example.com").await;
    sandbox.clock.advance(Duration::from_mins(15));
    // One that is in time shows that the loop has passed the other.
    let mail = Mail::new(
        lp_core::MailId::new(fixtures::uuid(900)),
        fixtures::owner().email,
        MailKind::Code(CodePurpose::SignIn),
        [1; 32],
        sandbox.clock.now(),
    );
    let entry = fixtures::entry(&Handle::installation(), sandbox.clock.now(), "test");
    let batch = Batch::new(entry).change(Change::Mail(MailChange::Queued(mail.clone())));
    sandbox.store.commit(batch).await.expect("committed");
    let running = Running::start(&sandbox, vec![]);
    running.taker.asked.notified().await;
    let taken: Vec<_> = running.stop().await.into_iter().map(|message| message.id).collect();
    assert_eq!(taken, [mail.id]);
    assert_eq!(left(&sandbox).await, []);
}
