use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures_util::lock::OwnedMutexGuard;

use super::{Turn, lock};

/// Lets those of one name do what they do one after the other.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Arc<Turn>>>);

/// The turn of one, or the wait for it, until it is dropped.
pub(crate) struct MyTurn<'t> {
    turns: &'t Turns,
    name: &'t str,
    mine: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for whoever came before under this name.
    pub(crate) async fn take<'t>(&'t self, name: &'t str) -> MyTurn<'t> {
        let turn = lock(&self.0).entry(name.to_owned()).or_default().clone();
        let mut waiting = MyTurn { turns: self, name, mine: None };
        waiting.mine = Some(turn.lock_owned().await);
        waiting
    }
}

/// Who is the last of a name leaves nothing behind, also one who does not wait to the end.
impl Drop for MyTurn<'_> {
    fn drop(&mut self) {
        self.mine = None;
        let mut turns = lock(&self.turns.0);
        if turns.get(self.name).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            turns.remove(self.name);
        }
    }
}
