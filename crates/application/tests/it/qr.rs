//! QR codes, read back as a scanner would.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use lp_application::links::{self, DrawQr, Picture, Slug};
use lp_application::{Caller, Credential, Error, StreamReply, whole};
use lp_testkit::Sandbox;
use serde_json::{Value, json};

use crate::value;

const SHORT: &str = "http://hello.localhost:8080/Launch";

async fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().await;
    let payload = json!({ "destinationUrl": "https://example.com" });
    let link = value(sandbox.call("links_upsert", json!({ "slug": "Launch", "payload": payload })).await);
    assert_eq!(link["shortUrl"], SHORT);
    sandbox
}

async fn draw(sandbox: &Sandbox, arguments: Value) -> Result<StreamReply, Error> {
    let request = sandbox.request("links_qr", arguments, Credential::Bearer(sandbox.pat.clone()));
    sandbox.app.stream(request, Box::pin(stream::empty())).await.result
}

async fn bytes(reply: StreamReply) -> Vec<u8> {
    let pieces: Vec<_> = reply.body.map(|piece: Result<Bytes, Error>| piece.expect("bytes")).collect().await;
    pieces.concat()
}

async fn drawn(sandbox: &Sandbox, arguments: Value) -> Vec<u8> {
    bytes(draw(sandbox, arguments).await.expect("a picture")).await
}

async fn faults(sandbox: &Sandbox, arguments: Value) -> Vec<String> {
    crate::faults(&draw(sandbox, arguments).await.err().expect("a refusal"))
}

/// A PNG as its viewer sees it: four bytes a pixel.
struct Image {
    side: usize,
    pixels: Vec<[u8; 4]>,
}

impl Image {
    fn of(png: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let frame = reader.next_frame(&mut pixels).expect("a frame");
        assert_eq!((frame.width, frame.color_type), (frame.height, png::ColorType::Rgba));
        let (pixels, _) = pixels.as_chunks();
        Self { side: usize::try_from(frame.width).expect("a width"), pixels: pixels.to_vec() }
    }

    fn at(&self, x: usize, y: usize) -> [u8; 4] {
        self.pixels[y * self.side + x]
    }

    /// What a camera reads that sees it on white paper.
    fn read(&self) -> String {
        let grey = |x, y| {
            let [red, green, blue, alpha] = self.at(x, y);
            if alpha == 0 { 255 } else { red / 3 + green / 3 + blue / 3 }
        };
        let mut seen = rqrr::PreparedImage::prepare_from_greyscale(self.side, self.side, grey);
        let grids = seen.detect_grids();
        assert_eq!(grids.len(), 1, "one code is seen");
        grids[0].decode().expect("it is readable").1
    }

    /// The first dark pixel from the left and from the top, and how wide a module is: a finder's frame is seven of them.
    fn frame(&self) -> (usize, usize) {
        let dark = |at: &usize| self.at(*at, *at) != self.at(0, 0);
        let offset = (0..self.side).find(dark).expect("a dark pixel");
        let run = (offset..self.side).take_while(|x| self.at(*x, offset) != self.at(0, 0)).count();
        assert_eq!(run % 7, 0, "modules fall on whole pixels");
        (offset, run / 7)
    }
}

/// The modules that the path of an SVG fills, and the side of its view box.
fn filled(svg: &str) -> (usize, Vec<(usize, usize)>) {
    let between = |from: &str, to: &str| svg.split_once(from).and_then(|(_, rest)| rest.split_once(to));
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let (side, _) = between("viewBox=\"0 0 ", " ").expect("a view box");
    let (path, _) = between(" d=\"", "\"").expect("a path");
    let mut modules = Vec::new();
    for run in path.split('M').skip(1) {
        let (place, rest) = run.split_once('h').expect("a run");
        let (x, y) = place.split_once(' ').expect("a place");
        let (length, back) = rest.split_once("v1h-").expect("one module high");
        assert_eq!(back.strip_suffix('z'), Some(length));
        modules.extend((number(x)..number(x) + number(length)).map(|x| (x, number(y))));
    }
    (number(side), modules)
}

#[tokio::test]
async fn every_level_and_size_is_read_as_the_short_address() {
    let sandbox = sandbox().await;
    for level in ["L", "M", "Q", "H"] {
        for size in [64, 65, 127, 300, 512, 1_001, 2_048] {
            let arguments = json!({ "slug": "launch", "format": "png", "size": size, "errorLevel": level });
            let image = Image::of(&drawn(&sandbox, arguments).await);
            assert_eq!(image.side, size);
            assert_eq!(image.read(), SHORT, "{level} {size}");
        }
    }
}

#[tokio::test]
async fn the_margin_is_as_wide_as_asked_and_takes_what_is_left_over() {
    let sandbox = sandbox().await;
    for margin in [0, 1, 4, 16] {
        let arguments = json!({ "slug": "launch", "format": "png", "size": 333, "margin": margin });
        let (offset, scale) = Image::of(&drawn(&sandbox, arguments.clone()).await).frame();
        assert!(offset >= margin * scale, "{margin}: {offset} pixels of {scale}");
        let svg = String::from_utf8(drawn(&sandbox, json!({ "slug": "launch", "margin": margin })).await);
        let (side, modules) = filled(&svg.expect("text"));
        let first = modules.iter().map(|(x, y)| x.min(y)).min();
        let last = modules.iter().map(|(x, y)| x.max(y)).max();
        assert_eq!((first, last), (Some(&margin), Some(&(side - margin - 1))));
    }
}

#[tokio::test]
async fn a_picture_of_vectors_is_one_path_that_says_the_same() {
    let sandbox = sandbox().await;
    for level in ["L", "M", "Q", "H"] {
        let arguments = json!({ "slug": "launch", "size": 777, "errorLevel": level, "color": "#0B5FFF" });
        let reply = draw(&sandbox, arguments).await.expect("a picture");
        assert_eq!((reply.content_type, reply.inline), ("image/svg+xml", true));
        assert_eq!(reply.file_name.as_deref(), Some("hello-Launch.svg"));
        let svg = String::from_utf8(bytes(reply).await).expect("text");
        assert!(svg.contains("width=\"777\" height=\"777\""), "{svg}");
        assert!(svg.contains("fill=\"#0b5fff\"") && svg.contains("fill=\"#ffffff\""), "{svg}");
        let elements: Vec<_> = svg.split('<').skip(1).map(|tag| &tag[..4]).collect();
        assert_eq!(elements, ["svg ", "rect", "path", "/svg"]);
        let (side, modules) = filled(&svg);
        let grid = rqrr::SimpleGrid::from_func(side - 8, |x, y| modules.contains(&(x + 4, y + 4)));
        assert_eq!(rqrr::Grid::new(grid).decode().expect("it is readable").1, SHORT);
    }
}

#[tokio::test]
async fn colours_are_those_asked_for() {
    let sandbox = sandbox().await;
    let colours = json!({ "slug": "launch", "format": "png", "color": "7a0000", "background": "#ffe0e0" });
    let image = Image::of(&drawn(&sandbox, colours).await);
    let (offset, _) = image.frame();
    assert_eq!(image.at(0, 0), [0xff, 0xe0, 0xe0, 255]);
    assert_eq!(image.at(offset, offset), [0x7a, 0, 0, 255]);
    assert_eq!(image.read(), SHORT);

    let clear = json!({ "slug": "launch", "format": "png", "background": "transparent" });
    let image = Image::of(&drawn(&sandbox, clear).await);
    let (offset, _) = image.frame();
    assert_eq!((image.at(0, 0)[3], image.at(offset, offset)), (0, [0, 0, 0, 255]));
    assert_eq!(image.read(), SHORT);
    let clear = drawn(&sandbox, json!({ "slug": "launch", "background": "transparent" })).await;
    assert!(!String::from_utf8(clear).expect("text").contains("<rect"));
}

#[tokio::test]
async fn what_scanners_cannot_read_is_refused() {
    let sandbox = sandbox().await;
    for colours in [
        json!({ "slug": "launch", "color": "#ffff00" }),
        json!({ "slug": "launch", "color": "#ffffff", "background": "#000000" }),
        json!({ "slug": "launch", "color": "#ffffff", "background": "transparent" }),
    ] {
        assert_eq!(faults(&sandbox, colours).await, ["/color low_contrast"]);
    }
    let small = json!({ "slug": "launch", "format": "png", "size": 64, "margin": 16, "errorLevel": "H" });
    let refused = draw(&sandbox, small).await.err().expect("a refusal");
    assert_eq!(crate::faults(&refused), ["/size too_small"]);
    assert!(refused.message.contains("at least 69 pixels"), "{}", refused.message);
    let named = faults(
        &sandbox,
        json!({ "slug": "launch", "format": "gif", "size": 2_049, "margin": 17, "color": "red", "background": 1, "errorLevel": "X" }),
    );
    let mut named = named.await;
    named.sort();
    let all = [
        "/background wrong_type",
        "/color invalid_color",
        "/errorLevel unknown_value",
        "/format unknown_value",
        "/margin too_large",
        "/size too_large",
    ];
    assert_eq!(named, all);
}

#[tokio::test]
async fn a_link_has_its_code_while_it_exists() {
    let sandbox = sandbox().await;
    let closed = json!({ "enabled": false, "scheduledEndAt": "2001-01-01T00:00:00Z" });
    value(sandbox.call("links_upsert", json!({ "slug": "launch", "payload": closed })).await);
    let disabled = drawn(&sandbox, json!({ "slug": "launch", "format": "png" })).await;
    assert_eq!(Image::of(&disabled).read(), SHORT);
    value(sandbox.call("links_delete", json!({ "slug": "launch" })).await);
    for slug in ["launch", "absent"] {
        let refused = draw(&sandbox, json!({ "slug": slug })).await.err().expect("a refusal");
        assert_eq!(refused.code.name(), "not_found");
    }
}

#[tokio::test]
async fn a_program_draws_with_types() {
    let sandbox = sandbox().await;
    let caller = Caller::token(&sandbox.pat);
    let slug = Slug::parse("launch").expect("a slug");
    let input = DrawQr { format: Picture::Png, ..DrawQr::of(slug) };
    let reply = sandbox.app.run_stream(&links::QR, &caller, input, whole(Bytes::new())).await;
    let image = Image::of(&bytes(reply.expect("a picture")).await);
    assert_eq!((image.side, image.read().as_str()), (512, SHORT));
}
