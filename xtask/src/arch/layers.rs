//! The table of layers. A line here is a decision about the structure: change it together with an ADR.

/// What the crates of one layer may depend on.
pub(super) struct Layer {
    pub(super) name: &'static str,
    /// Layers of this workspace, narrowed further by [`pair_allowed`].
    pub(super) inside: &'static [&'static str],
    pub(super) outside: Outside,
    /// What the tests may use besides.
    pub(super) inside_tests: &'static [&'static str],
    pub(super) outside_tests: Outside,
}

/// Which crates from outside the workspace.
pub(super) enum Outside {
    Only(&'static [&'static [&'static str]]),
    Except(&'static [&'static str]),
    Any,
}

impl Outside {
    pub(super) fn allows(&self, name: &str) -> bool {
        match self {
            Self::Only(lists) => lists.iter().any(|list| list.contains(&name)),
            Self::Except(list) => !list.contains(&name),
            Self::Any => true,
        }
    }
}

/// Values and computation only: no clock, no randomness, no input or output.
const PURE: &[&str] = &[
    "argon2",
    "compact_str",
    "jiff",
    "serde",
    "thiserror",
    "time",
    "url",
    "uuid",
    "hmac",
    "sha2",
    "subtle",
    "zeroize",
];
const PORTS: &[&str] = &["async-trait", "bytes", "futures-core"];
const APPLICATION: &[&str] = &[
    "base64",
    "blake3",
    "csv",
    "futures-util",
    "jsonschema",
    "png",
    "qrcode",
    "schemars",
    "serde_json",
    "form_urlencoded",
    "siphasher",
    "tracing",
];
const EDGE: &[&str] = &[
    "arc-swap",
    "axum",
    "bytes",
    "foldhash",
    "form_urlencoded",
    "hashbrown",
    "http",
    "http-body",
    "http-body-util",
    "hyper",
    "maud",
    "tokio",
    "tower",
    "tracing",
    "triomphe",
];
const LOOP: &[&str] = &["rustix", "thiserror", "tokio", "tokio-util", "tracing"];

/// What speaks to a database or to other hosts; adapters alone do.
const REACHES_OUT: &[&str] = &["sqlx", "reqwest"];

const PURE_TESTS: &[&str] = &["proptest", "insta"];
const ASYNC_TESTS: &[&str] = &["mockall", "tempfile", "tokio"];
/// How tests read back what was drawn.
const SCANNER: &[&str] = &["rqrr"];
/// How benchmarks ask for a thread's own time.
const BENCHES: &[&str] = &["rustix"];

pub(super) const LAYERS: &[Layer] = &[
    Layer {
        name: "core",
        inside: &[],
        outside: Outside::Only(&[PURE]),
        inside_tests: &[],
        outside_tests: Outside::Only(&[PURE_TESTS]),
    },
    Layer {
        name: "domain",
        inside: &["core", "domain"],
        outside: Outside::Only(&[PURE]),
        inside_tests: &[],
        outside_tests: Outside::Only(&[PURE_TESTS]),
    },
    Layer {
        name: "ports",
        inside: &["core", "domain"],
        outside: Outside::Only(&[PURE, PORTS, &["mockall"]]),
        inside_tests: &[],
        outside_tests: Outside::Only(&[PURE_TESTS]),
    },
    Layer {
        name: "application",
        inside: &["core", "domain", "ports"],
        outside: Outside::Only(&[PURE, PORTS, APPLICATION]),
        inside_tests: &["test"],
        outside_tests: Outside::Only(&[PURE_TESTS, ASYNC_TESTS, BENCHES, SCANNER]),
    },
    Layer {
        name: "adapter",
        inside: &["core", "domain", "ports"],
        outside: Outside::Any,
        inside_tests: &["test"],
        outside_tests: Outside::Any,
    },
    Layer {
        name: "front",
        inside: &["core", "application"],
        outside: Outside::Except(REACHES_OUT),
        inside_tests: &["test"],
        outside_tests: Outside::Except(REACHES_OUT),
    },
    Layer {
        name: "edge",
        inside: &["core", "domain", "application"],
        outside: Outside::Only(&[EDGE]),
        inside_tests: &["test"],
        outside_tests: Outside::Except(REACHES_OUT),
    },
    Layer {
        name: "loop",
        inside: &["core", "domain", "ports", "application"],
        outside: Outside::Only(&[LOOP]),
        inside_tests: &["test"],
        outside_tests: Outside::Except(REACHES_OUT),
    },
    Layer {
        name: "assembly",
        inside: &["core", "domain", "ports", "application", "adapter", "front", "edge", "loop", "assembly"],
        outside: Outside::Any,
        inside_tests: &["test"],
        outside_tests: Outside::Any,
    },
    Layer {
        name: "test",
        inside: &[
            "core",
            "domain",
            "ports",
            "application",
            "adapter",
            "front",
            "edge",
            "loop",
            "assembly",
            "test",
        ],
        outside: Outside::Any,
        inside_tests: &[],
        outside_tests: Outside::Any,
    },
    // What a program outside could write: an adapter of its own over the ports, tried in a whole platform.
    Layer {
        name: "example",
        inside: &["core", "domain", "ports"],
        outside: Outside::Any,
        inside_tests: &["assembly", "test"],
        outside_tests: Outside::Any,
    },
    Layer {
        name: "tool",
        inside: &[],
        outside: Outside::Any,
        inside_tests: &[],
        outside_tests: Outside::Any,
    },
];

/// Whether this crate may use that one, where the layers alone say too little.
pub(super) fn pair_allowed(from: &str, from_layer: &str, to: &str, to_layer: &str) -> bool {
    match (from_layer, to_layer) {
        // A context stands alone; a rule that needs a second one is named here.
        ("domain", "domain") => matches!((from, to), ("lp-personalization", "lp-links")),
        // The edge decides with compiled routes and knows no other context.
        ("edge", "domain") => to == "lp-personalization",
        // The server is the first user of the facade, not the other way round.
        ("assembly", "assembly") => matches!((from, to), ("lp-server", "link-platform")),
        // One place chooses the adapters; the test kit stands in for it.
        (_, "adapter") => matches!(from, "link-platform" | "lp-testkit"),
        _ => true,
    }
}
