//! What apps may do, beyond what the rules and the stores' own tests say of it.

use std::time::Duration;

use lp_access::{Connection, ProofChallenge};
use lp_ports::{Batch, Change, Clock, Committer, ConnectionChange, ConnectionReader};
use lp_testkit::Sandbox;
use lp_testkit::fixtures::{connection, entry, handle, refresh};

#[tokio::test]
async fn codes_are_forgotten_after_an_hour_and_their_connections_after_a_week() {
    let sandbox = Sandbox::new().await;
    let now = sandbox.clock.now();
    let (created_at, expires_at) = (now, now.plus(Connection::CODE_LIFE));
    let begun = ConnectionChange::Begun {
        connection: Box::new(Connection {
            user: sandbox.owner,
            created_at,
            renewed_at: created_at,
            expires_at,
            ..connection(5)
        }),
        code: refresh(1),
        redirect_uri: "https://desk.example/callback".to_owned(),
        challenge: ProofChallenge([7; 32]),
    };
    let batch = Batch::new(entry(&handle(), now, "oauth")).change(Change::Connection(begun));
    sandbox.store.commit(batch).await.expect("somebody lets an app in");

    let left = async || {
        let connection = sandbox.store.connection(connection(5).id).await.expect("it reads");
        let code = sandbox.store.credential(refresh(1)).await.expect("it reads");
        (connection.is_some(), code.is_some())
    };
    let hour = Duration::from_hours(1);
    let steps = [
        (Connection::CODE_LIFE + hour, 0, (true, true)),
        (Duration::from_millis(1), 0, (true, false)),
        (hour * (24 * 7 - 1), 1, (false, false)),
    ];
    for (passed, forgotten, expected) in steps {
        sandbox.clock.advance(passed);
        assert_eq!(sandbox.app.forget_connections().await.expect("the store answers"), forgotten);
        assert_eq!(left().await, expected, "{passed:?} later");
    }
}
