use std::sync::Arc;

use super::{RIVALS, heats, race};
use crate::Store;

pub(super) async fn a_fresh_store_answers_a_ping(store: Arc<dyn Store>) {
    store.ping().await.expect("should be usable");
    store.write_probe().await.expect("should take writes");
    store.write_probe().await.expect("should take writes again");
}

pub(super) async fn the_first_value_agreed_on_stays(store: Arc<dyn Store>) {
    assert_eq!(store.agreed("secret").await.expect("should answer"), None);
    assert_eq!(store.agree("secret", "mine").await.expect("should be kept"), "mine");
    assert_eq!(store.agree("secret", "theirs").await.expect("should be kept"), "mine");
    assert_eq!(store.agree("other", "theirs").await.expect("should be kept"), "theirs");
    assert_eq!(store.agreed("secret").await.expect("should answer").as_deref(), Some("mine"));
}

pub(super) async fn racing_nodes_agree_on_one_value(store: Arc<dyn Store>) {
    for heat in heats() {
        let agree = |round: u64, node: u64| {
            let store = Arc::clone(&store);
            async move {
                let (name, value) = (format!("secret {round}"), format!("of node {node}"));
                store.agree(&name, &value).await.expect("a value should be kept")
            }
        };
        let nodes = (0..RIVALS).map(|node| heat.clone().map(|round| agree(round, node)).collect());
        for (round, told) in heat.clone().zip(race(nodes.collect()).await) {
            let kept = store.agreed(&format!("secret {round}")).await.expect("should answer");
            let kept = kept.expect("a value should be kept now");
            assert!(
                told.iter().all(|value| *value == kept),
                "\"{kept}\" is kept, and nodes were told {told:?}"
            );
        }
    }
}
