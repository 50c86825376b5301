use super::*;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// A frame as it is written (RFC 9113, 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The fields of a GET in HPACK, without any compression of the path.
fn get(path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).expect("a short path");
    // :method GET and :scheme http from the static table; :path and :authority by name.
    [&[0x82, 0x86, 0x04, length], path.as_bytes(), &[0x01, 9], b"localhost"].concat()
}

async fn connect(running: &Running, settings: &[u8]) -> TcpStream {
    let mut stream = running.connect().await;
    let opening = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(SETTINGS, 0, 0, settings).as_slice()].concat();
    stream.write_all(&opening).await.expect("it writes");
    stream
}

async fn open(stream: &mut TcpStream, id: u32, path: &str) {
    let headers = frame(HEADERS, END_STREAM | END_HEADERS, id, &get(path));
    stream.write_all(&headers).await.expect("it writes");
}

/// The next frame of this kind; `None` where the connection ends before.
async fn next(stream: &mut TcpStream, kind: u8) -> Option<(u32, Vec<u8>)> {
    timeout(LONG, async {
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).await.ok()?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; usize::try_from(length).expect("a length")];
            stream.read_exact(&mut payload).await.ok()?;
            if head[3] == kind {
                return Some((u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload));
            }
        }
    })
    .await
    .expect("a frame, or the end")
}

fn code(payload: &[u8]) -> u32 {
    let (_, last) = payload.split_at(payload.len() - 4);
    u32::from_be_bytes(last.try_into().expect("four bytes"))
}

/// The error of the GOAWAY frame, whose debug data follows it; `None` where the connection ends without.
async fn goaway(stream: &mut TcpStream) -> Option<u32> {
    Some(code(&next(stream, GOAWAY).await?.1[..8]))
}

#[tokio::test]
async fn requests_over_http2_are_answered() {
    let running = Running::start(patient()).await;
    let mut stream = connect(&running, &[]).await;
    for id in [1, 3, 5] {
        open(&mut stream, id, "/").await;
        let (of, body) = next(&mut stream, DATA).await.expect("an answer");
        assert_eq!((of, body.as_slice()), (id, &b"ok\n"[..]));
    }
    running.stop().await;
}

#[tokio::test]
async fn a_burst_of_requests_that_are_taken_back_at_once_ends_the_connection() {
    let mut running = Running::start(patient()).await;
    let mut stream = connect(&running, &[]).await;
    let burst: Vec<u8> = (0..2_000_u32)
        .flat_map(|turn| {
            let id = turn * 2 + 1;
            let asked = frame(HEADERS, END_STREAM | END_HEADERS, id, &get("/wait"));
            [asked, frame(RST_STREAM, 0, id, &8_u32.to_be_bytes())].concat()
        })
        .collect();
    // The end may come while it is still written.
    let _ = stream.write_all(&burst).await;
    let said = goaway(&mut stream).await;
    assert!(matches!(said, None | Some(ENHANCE_YOUR_CALM)), "{said:?}");
    let mut asked = 0;
    while let Ok(event) = running.events.try_recv() {
        asked += usize::from(event == "asked");
    }
    assert!(asked < 200, "{asked} of them were begun");
    running.stop().await;
}

#[tokio::test]
async fn requests_that_are_begun_and_taken_back_one_by_one_end_the_connection_too() {
    let mut running = Running::start(patient()).await;
    let mut stream = connect(&running, &[]).await;
    let mut begun = 0;
    for turn in 0..200_u32 {
        let id = turn * 2 + 1;
        let asked = frame(HEADERS, END_STREAM | END_HEADERS, id, &get("/wait"));
        if stream.write_all(&asked).await.is_err() {
            break;
        }
        let Ok(Some(_)) = timeout(SHORT * 10, running.events.recv()).await else { break };
        begun += 1;
        if stream.write_all(&frame(RST_STREAM, 0, id, &8_u32.to_be_bytes())).await.is_err() {
            break;
        }
        assert_eq!(running.event().await, "given up");
    }
    assert!((100..=102).contains(&begun), "{begun} requests were begun");
    let counts = running.counts.clone();
    running.stop().await;
    assert_eq!(counts.of(Cut::ShedResets), 1);
}

#[tokio::test]
async fn fields_that_do_not_end_end_the_connection() {
    let running = Running::start(patient()).await;
    let mut stream = connect(&running, &[]).await;
    stream.write_all(&frame(HEADERS, END_STREAM, 1, &get("/"))).await.expect("it writes");
    // One small field, over and over.
    let more = frame(CONTINUATION, 0, 1, &[0x00, 1, b'x', 1, b'y']);
    let mut sent = 0;
    while sent < 100_000 && stream.write_all(&more).await.is_ok() {
        sent += 1;
    }
    let said = goaway(&mut stream).await;
    assert!(sent < 100_000 || said.is_some(), "it went on for {sent} frames");
    let mut other = running.connect().await;
    ask(&mut other).await;
    running.stop().await;
}

#[tokio::test]
async fn too_many_fields_are_refused_and_the_connection_goes_on() {
    let running = Running::start(patient()).await;
    let mut stream = connect(&running, &[]).await;
    let field = [&[0x00, 1, b'x', 100][..], &[b'y'; 100]].concat();
    let (first, second) = (field.repeat(100), field.repeat(60));
    stream
        .write_all(&frame(HEADERS, END_STREAM, 1, &[get("/wait"), first].concat()))
        .await
        .expect("it writes");
    stream.write_all(&frame(CONTINUATION, END_HEADERS, 1, &second).clone()).await.expect("it writes");
    let (id, fields) = next(&mut stream, HEADERS).await.expect("an answer");
    // :status by name, then three digits as Huffman code or plain.
    assert_eq!(id, 1);
    assert!(fields.len() < 20, "{fields:?}");
    open(&mut stream, 3, "/").await;
    assert_eq!(next(&mut stream, DATA).await, Some((3, b"ok\n".to_vec())));
    running.stop().await;
}

#[tokio::test]
async fn one_connection_has_at_most_a_hundred_requests_under_way() {
    let mut running = Running::start(patient()).await;
    let mut stream = connect(&running, &[]).await;
    // Before its settings are known a client may open more: they are refused rather than begun.
    for turn in 0..=STREAMS {
        open(&mut stream, turn * 2 + 1, "/wait").await;
    }
    let (id, payload) = next(&mut stream, RST_STREAM).await.expect("a refusal");
    assert_eq!((id, code(&payload)), (STREAMS * 2 + 1, REFUSED_STREAM));
    for _ in 0..STREAMS {
        assert_eq!(running.event().await, "asked");
    }
    assert!(running.events.try_recv().is_err());
    drop(stream);
    running.stop().await;
}

#[tokio::test]
async fn a_stream_that_opens_no_window_for_its_answer_ends_the_connection() {
    let mut running = Running::start(Limits { stall: SHORT, ..patient() }).await;
    // SETTINGS_INITIAL_WINDOW_SIZE is 0.
    let mut stream = connect(&running, &[0, 4, 0, 0, 0, 0]).await;
    open(&mut stream, 1, "/big").await;
    assert_eq!(running.event().await, "no more of it");
    assert_eq!(goaway(&mut stream).await, None);
    running.stop().await;
}

#[tokio::test]
async fn a_connection_that_rests_is_told_before_it_is_closed() {
    let running = Running::start(Limits { idle: SHORT, ..patient() }).await;
    let mut stream = connect(&running, &[]).await;
    open(&mut stream, 1, "/").await;
    assert_eq!(goaway(&mut stream).await, Some(0), "no error");
    assert!(rest(&mut stream).await.is_some());
    running.stop().await;
}
