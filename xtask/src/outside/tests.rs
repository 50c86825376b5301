use std::time::Duration;

use super::{fuzz, schemathesis, slow};

const SURVIVED: &str = "\
INFO: seed corpus: files: 14
Done 1234 runs in 3 second(s)
stat::number_of_executed_units: 1234
stat::average_exec_per_sec:     411
stat::new_units_added:          7
stat::slowest_unit_time_sec:    0
";

#[test]
fn a_target_that_survives_has_runs_and_no_crash() {
    let ended = fuzz::read("host", SURVIVED);
    assert_eq!((ended.runs, ended.per_second, ended.new, &ended.crash), (1_234, 411, 7, &None));
    assert!(fuzz::table(&[ended]).ends_with("host               1234        411         7  -"));
}

#[test]
fn a_target_that_breaks_names_the_input() {
    let said = format!(
        "thread panicked at src/host.rs\nartifact_prefix='x'; Test unit written to a/host-crash-1\n{SURVIVED}"
    );
    assert_eq!(fuzz::read("host", &said).crash.as_deref(), Some("a/host-crash-1"));
}

#[test]
fn a_round_tells_requests_exceptions_and_failures() {
    let report = r#"{
        "complete": true, "filtered": 61, "errors": [],
        "operations": { "selected": 29, "tested": 29 },
        "test_cases": { "generated": 2501 },
        "failures": [{ "title": "Schema-valid request rejected", "operations": ["PATCH /a"] }]
    }"#;
    let round = schemathesis::read(report).expect("a report");
    assert_eq!((round.requests, round.excepted, round.complete), (2_501, 61, true));
    assert_eq!(round.failures, ["Schema-valid request rejected (PATCH /a)"]);
    assert!(schemathesis::read("{}").is_err());
}

#[test]
fn only_standing_connections_of_the_slow_ones_to_the_port_are_counted() {
    let table = "\
  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:1F90 0100007F:C001 01 00000000:00000000
   1: 0100007F:1F90 0100007F:C002 05 00000000:00000000
   2: 0100007F:C001 0100007F:1F90 01 00000000:00000000
   3: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:C003 01 0:0
   4: 00000000000000000000000001000000:1F90 00000000000000000000000001000000:C004 01 0:0
";
    assert_eq!(slow::held(table, 8080), 2);
}

#[test]
fn slow_ones_must_go_in_time_and_others_must_be_served() {
    let second = Duration::from_secs(1);
    let good = || slow::Seen { most: 1_500, shed: Some(10 * second), waits: vec![second / 100], failed: 0 };
    assert!(slow::faults(&good()).is_empty());
    for bad in [
        slow::Seen { shed: None, ..good() },
        slow::Seen { shed: Some(16 * second), ..good() },
        slow::Seen { waits: vec![2 * second], ..good() },
        slow::Seen { waits: Vec::new(), ..good() },
        slow::Seen { failed: 1, ..good() },
    ] {
        assert_eq!(slow::faults(&bad).len(), 1, "{bad:?}");
    }
}
