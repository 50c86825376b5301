//! Nodes that share the clicks of one link: whatever they do, never one too many.

use std::time::Duration;

use lp_links::{ClickLimit, Lease, Spent, lent_ahead};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

const NODES: usize = 3;

/// What a store does: looking and taking is one step.
struct Store {
    handed_out: u32,
}

/// What happens next.
#[derive(Debug, Clone)]
enum Event {
    /// So many visitors come to a node at once.
    Visit {
        node: usize,
        waiting: u32,
    },
    /// Nobody comes to a node for a while, so that it gives back.
    Quiet {
        node: usize,
    },
    /// The node dies with what it holds.
    Dies {
        node: usize,
    },
    /// The store hands out, and its answer does not arrive.
    Lost {
        node: usize,
        waiting: u32,
    },
    Passes(u64),
}

impl Store {
    fn hand_out(&mut self, limit: ClickLimit, wanted: u32) -> (u32, u32) {
        let left = limit.number().saturating_sub(self.handed_out);
        let granted = wanted.min(left);
        self.handed_out += granted;
        (granted, left - granted)
    }

    fn take_back(&mut self, count: u32) {
        self.handed_out -= count;
    }
}

fn limit(number: u32) -> ClickLimit {
    ClickLimit::of(number).expect("within bounds")
}

fn second(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// Lets so many visitors of a node in, as the application does, and says how many were.
fn admit(store: &mut Store, lease: &mut Lease, limit: ClickLimit, visitors: u32, now: Duration) -> u32 {
    let (mut passed, mut waiting) = (0, visitors);
    while waiting > 0 {
        match lease.spend(limit, now) {
            Some(Spent::Granted) => (passed, waiting) = (passed + 1, waiting - 1),
            Some(Spent::UsedUp) => waiting -= 1,
            None => {
                store.take_back(lease.turn_to(limit));
                let (granted, left) = store.hand_out(limit, lease.wanted(waiting));
                store.take_back(lease.receive(waiting, granted, left, now));
            }
        }
    }
    passed
}

fn event() -> impl Strategy<Value = Event> {
    let node = 0..NODES;
    prop_oneof![
        8 => (node.clone(), 1_u32..200).prop_map(|(node, waiting)| Event::Visit { node, waiting }),
        2 => node.clone().prop_map(|node| Event::Quiet { node }),
        1 => node.clone().prop_map(|node| Event::Dies { node }),
        1 => (node, 1_u32..50).prop_map(|(node, waiting)| Event::Lost { node, waiting }),
        3 => (0_u64..4).prop_map(Event::Passes),
    ]
}

proptest! {
    #[test]
    fn however_nodes_come_and_go_no_more_pass_than_the_limit_and_none_is_lost_but_with_them(
        number in prop_oneof![1_u32..40, 1_u32..6_000],
        events in proptest::collection::vec(event(), 1..120),
    ) {
        let limit = limit(number);
        let mut now = Duration::ZERO;
        let mut store = Store { handed_out: 0 };
        let mut nodes: Vec<_> = (0..NODES).map(|_| Lease::new(limit, now)).collect();
        let (mut passed, mut lost) = (0, 0);
        for event in events {
            match event {
                Event::Visit { node, waiting } => {
                    passed += admit(&mut store, &mut nodes[node], limit, waiting, now);
                    prop_assert!(nodes[node].held() <= 64, "{} held ahead", nodes[node].held());
                }
                Event::Quiet { node } => store.take_back(nodes[node].give_back()),
                Event::Dies { node } => {
                    lost += nodes[node].held();
                    nodes[node] = Lease::new(limit, now);
                }
                Event::Lost { node, waiting } => {
                    lost += store.hand_out(limit, nodes[node].wanted(waiting)).0;
                    nodes[node].unanswered(now);
                }
                Event::Passes(seconds) => now += second(seconds),
            }
            let held: u32 = nodes.iter().map(Lease::held).sum();
            prop_assert_eq!(passed + lost + held, store.handed_out, "what is handed out is somewhere");
            prop_assert!(store.handed_out <= number);
        }
        for node in &mut nodes {
            store.take_back(node.give_back());
        }
        let rest = admit(&mut store, &mut Lease::new(limit, now), limit, number, now);
        prop_assert_eq!(passed + rest + lost, number, "all others pass");
    }

    #[test]
    fn a_node_keeps_at_most_one_of_32_ahead_however_old_its_news_was(
        known in 1_u32..1_000_000,
        taken in any::<u32>(),
        waiting in 1_u32..100,
    ) {
        let most = limit(known);
        let mut store = Store { handed_out: 0 };
        let mut lease = Lease::new(most, Duration::ZERO);
        admit(&mut store, &mut lease, most, 1, Duration::ZERO);
        let others = store.hand_out(most, taken).0;
        prop_assert!(others <= known);
        let left = known - store.handed_out;
        let (granted, behind) = store.hand_out(most, lease.wanted(waiting));
        let surplus = lease.receive(waiting, granted, behind, Duration::ZERO);
        let ahead = granted.saturating_sub(waiting) - surplus;
        prop_assert!(ahead <= lent_ahead(left.saturating_sub(waiting)), "{} of {}", ahead, left);
    }

    #[test]
    fn under_another_limit_what_was_lent_goes_back_first(former in 1_u32..9_000, number in 1_u32..9_000) {
        let mut store = Store { handed_out: 0 };
        let mut lease = Lease::new(limit(former), Duration::ZERO);
        let passed: u32 = (0..3).map(|_| admit(&mut store, &mut lease, limit(former), 1, Duration::ZERO)).sum();
        let then = admit(&mut store, &mut lease, limit(number), 20_000, Duration::ZERO);
        prop_assert_eq!(then, number.saturating_sub(passed), "those of before count");
    }
}

#[test]
fn near_the_end_nothing_is_lent_ahead() {
    let ahead = [0, 31, 32, 63, 64, 2_047, 2_048, 1_000_000_000].map(lent_ahead);
    assert_eq!(ahead, [0, 0, 1, 1, 2, 63, 64, 64]);
}

#[test]
fn that_none_are_left_is_believed_for_a_second_and_remembered_for_a_minute() {
    let mut lease = Lease::new(limit(1), Duration::ZERO);
    assert_eq!((lease.spend(limit(1), Duration::ZERO), lease.is_empty(limit(1))), (None, false));
    assert_eq!(lease.receive(1, 1, 0, Duration::ZERO), 0);
    assert!(!lease.is_empty(limit(1)), "the last one is not spent yet");
    assert_eq!(lease.spend(limit(1), Duration::ZERO), Some(Spent::Granted));
    assert_eq!(lease.spend(limit(1), Duration::ZERO), Some(Spent::UsedUp));
    assert!(lease.is_empty(limit(1)) && !lease.is_empty(limit(2)), "another limit is another matter");
    assert_eq!(lease.spend(limit(2), Duration::ZERO), None);
    assert_eq!(lease.spend(limit(1), second(1)), None, "others may have given back");
    assert_eq!(lease.unanswered(second(1)), Some(Spent::UsedUp), "nobody says otherwise");
    assert_eq!(lease.spend(limit(1), second(1)), Some(Spent::UsedUp));
    assert!(!lease.is_forgettable(second(60)) && lease.is_forgettable(second(61)));
}

#[test]
fn what_nobody_comes_for_is_idle_after_two_seconds() {
    let mut lease = Lease::new(limit(5_000), Duration::ZERO);
    lease.receive(0, 0, 5_000, Duration::ZERO);
    assert_eq!(lease.wanted(1), 65);
    lease.receive(1, 65, 4_935, Duration::ZERO);
    assert_eq!(lease.spend(limit(5_000), second(10)), Some(Spent::Granted));
    assert!(!lease.is_idle(second(11)) && lease.is_idle(second(12)));
    assert!(!lease.is_forgettable(second(99)), "it holds some");
    assert_eq!((lease.give_back(), lease.held()), (64, 0));
    assert!(lease.is_forgettable(second(12)));
    assert_eq!(lease.unanswered(second(12)), None, "nothing is known of it");
}
