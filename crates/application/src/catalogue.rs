//! The rows from which every surface is computed.

mod dialect;
mod key;
mod mount;
mod operation;
mod view;

use std::collections::HashMap;
use std::sync::Arc;

pub use dialect::Dialect;
pub use key::Op;
pub use mount::{Auth, Body, Method, Mount, Query};
pub use operation::{Effect, Kind, Operation, Realm, Stream};
pub(crate) use operation::{Run, decode};
pub use view::View;

/// All operations, in the order of their contexts.
#[derive(Clone)]
pub struct Catalogue {
    operations: Arc<Vec<Operation>>,
    by_name: Arc<HashMap<&'static str, usize>>,
}

/// Every operation this crate has.
pub fn catalogue() -> Catalogue {
    let contexts = [
        crate::accounts::operations(),
        crate::oauth::operations(),
        crate::handles::operations(),
        crate::tokens::operations(),
        crate::links::operations(),
        crate::personalization::operations(),
        crate::contexts::operations(),
        crate::analytics::operations(),
        crate::audit::operations(),
        crate::system::operations(),
        crate::plans::operations(),
    ];
    Catalogue::of(contexts.into_iter().flatten().collect())
}

impl Catalogue {
    /// Puts rows together.
    ///
    /// # Panics
    /// Where two rows have one name or one route: a mistake of ours that must not start.
    pub fn of(operations: Vec<Operation>) -> Self {
        let mut by_name = HashMap::new();
        let mut routes = HashMap::new();
        for (at, operation) in operations.iter().enumerate() {
            let other = by_name.insert(operation.name, at);
            assert!(other.is_none(), "two operations are named {}", operation.name);
            for mount in operation.mounts() {
                let other = routes.insert((mount.method, mount.path.clone()), operation.name);
                assert!(
                    other.is_none(),
                    "{} and {other:?} share {:?} {}",
                    operation.name,
                    mount.method,
                    mount.path
                );
            }
        }
        Self { operations: Arc::new(operations), by_name: Arc::new(by_name) }
    }

    /// The rows in order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The row of a name.
    pub fn find(&self, name: &str) -> Option<&Operation> {
        self.by_name.get(name).map(|&at| &self.operations[at])
    }
}
