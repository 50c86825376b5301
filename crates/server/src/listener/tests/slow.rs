use super::*;

#[tokio::test]
async fn a_connection_that_asks_for_nothing_is_closed() {
    let running = Running::start(Limits { head: SHORT, ..patient() }).await;
    for begun in ["", "P", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET /healthz HTTP/1.1\r\nhost: loc"] {
        let mut stream = running.connect().await;
        send(&mut stream, begun).await;
        assert!(rest(&mut stream).await.is_some(), "still open after '{begun}'");
    }
    assert_eq!(running.counts.of(Cut::ShedHead), 4);
    running.stop().await;
}

#[tokio::test]
async fn a_connection_that_asked_once_may_rest_for_a_while() {
    let running = Running::start(Limits { idle: SHORT, ..patient() }).await;
    let mut stream = running.connect().await;
    ask(&mut stream).await;
    ask(&mut stream).await;
    assert_eq!(rest(&mut stream).await.as_deref(), Some(&[][..]), "closed in the end, without a word");
    assert_eq!(running.counts.of(Cut::ShedIdle), 1);
    running.stop().await;
}

#[tokio::test]
async fn a_further_request_must_be_there_in_time_as_well() {
    let running = Running::start(Limits { head: SHORT, ..patient() }).await;
    let mut stream = running.connect().await;
    ask(&mut stream).await;
    // A look between the two shows that it rests.
    sleep(SHORT).await;
    send(&mut stream, "GET / HTTP/1.1\r\nhost:").await;
    assert!(rest(&mut stream).await.is_some());
    running.stop().await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut_off() {
    let mut running = Running::start(Limits { stall: SHORT, ..patient() }).await;
    let mut stream = running.connect().await;
    send(&mut stream, "GET /big HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(running.event().await, "no more of it");
    // At once, and not after all that the system has for it.
    let mut bytes = Vec::new();
    let ended = timeout(LONG, stream.read_to_end(&mut bytes)).await.expect("an end");
    assert_eq!(ended.expect_err("a reset").kind(), ErrorKind::ConnectionReset);
    assert_eq!(running.counts.of(Cut::ShedAnswer), 1);
    running.stop().await;
}

#[tokio::test]
async fn a_body_that_trickles_is_given_up_and_the_answer_says_so() {
    let body = Pace { window: SHORT, bytes: 100 };
    let running = Running::start(Limits { body, ..patient() }).await;
    let mut stream = running.connect().await;
    send(&mut stream, "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nx").await;
    assert_eq!(last_status(&mut stream).await, "408");
    assert_eq!(running.counts.of(Cut::ShedBody), 1);
    let mut stream = running.connect().await;
    let whole = "POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx";
    send(&mut stream, whole).await;
    assert_eq!(last_status(&mut stream).await, "200");
    running.stop().await;
}

#[tokio::test]
async fn work_of_ours_is_waited_for_longer_than_any_limit() {
    let limits = Limits { head: SHORT, idle: SHORT, stall: SHORT, ..patient() };
    let mut running = Running::start(limits).await;
    let mut waiting = running.connect().await;
    send(&mut waiting, "GET /wait HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert_eq!(running.event().await, "asked");
    for _ in 0..3 {
        let mut late = running.connect().await;
        assert!(rest(&mut late).await.is_some());
    }
    assert!(running.events.try_recv().is_err(), "it was not given up");
    drop(waiting);
    assert_eq!(running.event().await, "given up", "once nobody waits for it");
    running.stop().await;
}

#[tokio::test]
async fn a_new_connection_of_an_address_takes_the_place_of_one_that_rests() {
    let running = Running::start(Limits { per_address: Some(2), ..patient() }).await;
    let (mut first, mut second, mut third) =
        (running.connect().await, running.connect().await, running.connect().await);
    // Who comes first is taken first; two of them have a place when the third comes.
    assert!(rest(&mut first).await.is_some(), "who asked for nothing for longest");
    assert_eq!(running.counts.of(Cut::ShedAddress), 1);
    ask(&mut second).await;
    ask(&mut third).await;
    running.stop().await;
}

#[tokio::test]
async fn an_address_whose_places_are_all_busy_is_refused() {
    let mut running = Running::start(Limits { per_address: Some(2), ..patient() }).await;
    let mut busy = [running.connect().await, running.connect().await];
    for stream in &mut busy {
        send(stream, "GET /wait HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert_eq!(running.event().await, "asked");
    }
    let mut further = running.connect().await;
    assert!(rest(&mut further).await.is_some());
    assert_eq!(running.counts.of(Cut::RefusedAddress), 1);
    assert!(running.counts.page().contains("\nconnections_open 2\n"), "{}", running.counts.page());
    drop(busy);
    assert_eq!(running.event().await, "given up");
    running.stop().await;
}

#[tokio::test]
async fn where_all_places_are_taken_by_silence_others_are_served() {
    let running = Running::start(Limits { connections: 4, ..patient() }).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(running.connect().await);
        let mut other = running.connect().await;
        ask(&mut other).await;
    }
    assert!(rest(&mut silent[0]).await.is_some());
    assert!(running.counts.of(Cut::ShedTotal) >= 37, "{}", running.counts.page());
    let counts = running.counts.clone();
    running.stop().await;
    assert!(counts.page().contains("\nconnections_open 0\n"), "{}", counts.page());
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused_with_their_status() {
    let running = Running::start(patient()).await;
    let fields = "x: y\r\n".repeat(101);
    for (address, fields, status) in [
        ("/".to_owned() + &"a".repeat(17_000), "", "414"),
        ("/".to_owned() + &"a".repeat(40_000), "", "431"),
        ("/".to_owned(), &*format!("x: {}\r\n", "y".repeat(40_000)), "431"),
        ("/".to_owned(), &*fields, "431"),
        ("/".to_owned() + &"a".repeat(15_000), "", "200"),
    ] {
        let mut stream = running.connect().await;
        let head = format!("GET {address} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{fields}\r\n");
        send(&mut stream, &head).await;
        assert_eq!(last_status(&mut stream).await, status, "{} and {} bytes", address.len(), fields.len());
    }
    running.stop().await;
}

#[tokio::test]
async fn a_silent_connection_does_not_hold_up_the_end() {
    let running = Running::start(patient()).await;
    let silent = running.connect().await;
    let mut other = running.connect().await;
    ask(&mut other).await;
    running.stop().await;
    drop((silent, other));
}

#[tokio::test]
async fn options_of_the_listener_are_those_of_its_connections() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    set_options(&listener, Duration::from_secs(10));
    let address = listener.local_addr().expect("an address");
    let (near, far) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (far, _) = far.expect("a connection");
    assert!(far.nodelay().expect("an option"));
    #[cfg(target_os = "linux")]
    {
        let socket = SockRef::from(&far);
        assert_eq!(socket.tcp_notsent_lowat().expect("an option"), UNSENT_BYTES);
        assert_eq!(socket.tcp_user_timeout().expect("an option"), Some(Duration::from_secs(10)));
    }
    drop(near);
}
