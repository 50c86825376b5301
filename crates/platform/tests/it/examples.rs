//! The examples do what they say: each asserts it.

#[path = "../../examples/edge_in_axum.rs"]
mod edge_in_axum;
#[path = "../../examples/own_clock.rs"]
mod own_clock;
#[path = "../../examples/typed_operations.rs"]
mod typed_operations;

#[test]
fn the_edge_runs_in_another_axum_application() {
    edge_in_axum::main().expect("it redirects and counts");
}

#[test]
fn operations_are_called_with_types() {
    typed_operations::main().expect("they do what is asked");
}

#[test]
fn a_clock_of_ones_own_says_when() {
    own_clock::main().expect("a link says its time");
}
