use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use lp_core::{Handle, LinkId};
use lp_ports::{ClickBudgets, HandedOut, StoreError};
use tokio::sync::Semaphore;

use crate::{Store, embedded_store};

/// The embedded store's budgets of clicks, which can be away, or hold back their answers.
pub struct StubBudgets {
    store: Arc<dyn Store>,
    away: AtomicBool,
    asked: AtomicU32,
    answers: Semaphore,
}

impl StubBudgets {
    /// Nothing is handed out yet.
    pub async fn new() -> Self {
        Self {
            store: embedded_store().await,
            away: AtomicBool::new(false),
            asked: AtomicU32::new(0),
            answers: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }

    /// From now on nothing is handed out or taken back, or it is again.
    pub fn go_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// From now on what is handed out is told only when it is [let go](Self::let_go).
    pub fn hold(&self) {
        self.answers.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Lets one answer go that is held back.
    pub fn let_go(&self) {
        self.answers.add_permits(1);
    }

    /// How often somebody wanted clicks.
    pub fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    /// How many of a link are handed out.
    pub async fn out_of(&self, handle: &Handle, link: LinkId) -> u64 {
        self.store.handed_out(handle, link).await.expect("a store in memory answers")
    }

    fn check(&self) -> Result<(), StoreError> {
        let away = self.away.load(Ordering::Relaxed);
        if away { Err(StoreError::Unavailable("away".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl ClickBudgets for StubBudgets {
    async fn hand_out(
        &self,
        handle: &Handle,
        link: LinkId,
        limit: u32,
        wanted: u32,
    ) -> Result<HandedOut, StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.check()?;
        let out = self.store.hand_out(handle, link, limit, wanted).await;
        self.answers.acquire().await.expect("it is never closed").forget();
        out
    }

    async fn take_back(&self, handle: &Handle, link: LinkId, count: u32) -> Result<(), StoreError> {
        self.check()?;
        self.store.take_back(handle, link, count).await
    }

    async fn handed_out(&self, handle: &Handle, link: LinkId) -> Result<u64, StoreError> {
        self.store.handed_out(handle, link).await
    }
}
