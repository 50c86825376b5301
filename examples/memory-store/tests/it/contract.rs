//! Every promise that a store makes, each as a test of its own.

mod store {
    use memory_store::MemoryStore;

    lp_testkit::store_contract!(async || MemoryStore::new());
}

mod shared {
    use memory_store::MemoryStore;

    lp_testkit::counters_contract!(async || MemoryStore::new());
}
