use std::sync::Arc;

use crate::Store;

pub(super) async fn a_fresh_store_answers_a_ping(store: Arc<dyn Store>) {
    store.ping().await.expect("it can be used");
    store.write_probe().await.expect("it takes writes");
    store.write_probe().await.expect("again");
}

pub(super) async fn the_first_value_agreed_on_stays(store: Arc<dyn Store>) {
    assert_eq!(store.agreed("secret").await.expect("reads"), None);
    assert_eq!(store.agree("secret", "mine").await.expect("kept"), "mine");
    assert_eq!(store.agree("secret", "theirs").await.expect("kept"), "mine");
    assert_eq!(store.agree("other", "theirs").await.expect("kept"), "theirs");
    assert_eq!(store.agreed("secret").await.expect("reads").as_deref(), Some("mine"));
}
