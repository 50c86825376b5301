-- Instants are microseconds since 1970-01-01T00:00:00Z; ids are the 16 bytes of a UUIDv7, so that they sort by age.

CREATE TABLE accounts (
    id            BLOB    NOT NULL PRIMARY KEY,
    email         TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE handles (
    handle     TEXT    NOT NULL PRIMARY KEY,
    owner      BLOB    NOT NULL REFERENCES accounts (id),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    handle TEXT NOT NULL REFERENCES handles (handle),
    user   BLOB NOT NULL REFERENCES accounts (id),
    role   TEXT NOT NULL,
    PRIMARY KEY (handle, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    id         BLOB    NOT NULL PRIMARY KEY,
    handle     TEXT    NOT NULL REFERENCES handles (handle),
    owner      BLOB    NOT NULL REFERENCES accounts (id),
    name       TEXT    NOT NULL,
    scopes     TEXT    NOT NULL CHECK (json_valid(scopes)),
    secret     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_by_handle ON tokens (handle, created_at, id);

-- Where the sequences of a handle stand: its version, its outbox, its audit chain. Not bound to `handles`: what was
-- refused on a name that nobody has is audited as well.
CREATE TABLE heads (
    handle     TEXT    NOT NULL PRIMARY KEY,
    version    INTEGER NOT NULL,
    event_seq  INTEGER NOT NULL,
    audit_seq  INTEGER NOT NULL,
    audit_hash BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- Live links. `slug_key` is the slug without regard to case.
CREATE TABLE links (
    handle          TEXT    NOT NULL,
    slug_key        TEXT    NOT NULL,
    slug            TEXT    NOT NULL,
    id              BLOB    NOT NULL,
    destination     TEXT    NOT NULL,
    title           TEXT,
    description     TEXT,
    tags            TEXT    NOT NULL CHECK (json_valid(tags)),
    categories      TEXT    NOT NULL CHECK (json_valid(categories)),
    enabled         INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    position        INTEGER NOT NULL,
    redirect_status INTEGER NOT NULL,
    query           TEXT    NOT NULL,
    revision        INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (handle, slug_key)
) STRICT;

CREATE INDEX links_by_position ON links (handle, position, id);

-- Every state a slug ever had, those of deleted links and of their successors in one count.
CREATE TABLE link_revisions (
    handle          TEXT    NOT NULL,
    slug_key        TEXT    NOT NULL,
    revision        INTEGER NOT NULL,
    action          TEXT    NOT NULL,
    at              INTEGER NOT NULL,
    actor           TEXT    NOT NULL,
    slug            TEXT    NOT NULL,
    id              BLOB    NOT NULL,
    destination     TEXT    NOT NULL,
    title           TEXT,
    description     TEXT,
    tags            TEXT    NOT NULL CHECK (json_valid(tags)),
    categories      TEXT    NOT NULL CHECK (json_valid(categories)),
    enabled         INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    position        INTEGER NOT NULL,
    redirect_status INTEGER NOT NULL,
    query           TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (handle, slug_key, revision)
) STRICT;

-- AUTOINCREMENT: a number is never given twice, so the log can be trimmed from its old end.
-- Without a slug key it is access (accounts, handles, tokens) that changed.
CREATE TABLE change_log (
    seq      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    handle   TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    slug_key TEXT
) STRICT;

CREATE TABLE outbox (
    handle TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    id     BLOB    NOT NULL,
    name   TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    actor  TEXT    NOT NULL,
    facts  TEXT    NOT NULL CHECK (json_valid(facts)),
    PRIMARY KEY (handle, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    handle        TEXT    NOT NULL,
    seq           INTEGER NOT NULL,
    prev          BLOB    NOT NULL,
    hash          BLOB    NOT NULL,
    at            INTEGER NOT NULL,
    actor         TEXT    NOT NULL,
    surface       TEXT    NOT NULL,
    operation     TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    request_id    TEXT    NOT NULL,
    refused_code  TEXT,
    refused_times INTEGER NOT NULL,
    PRIMARY KEY (handle, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE replies (
    actor       TEXT    NOT NULL,
    operation   TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    created     INTEGER NOT NULL CHECK (created IN (0, 1)),
    body        TEXT    NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (actor, operation, key)
) STRICT;

CREATE INDEX replies_by_expiry ON replies (expires_at);

-- One tree in the order of reading and, per handle, of writing: a second index would cost the intake four to eight
-- times as much.
CREATE TABLE clicks (
    handle   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    id       BLOB    NOT NULL,
    link     BLOB    NOT NULL,
    slug     TEXT    NOT NULL,
    device   TEXT    NOT NULL,
    visitor  INTEGER NOT NULL,
    referrer TEXT    NOT NULL,
    PRIMARY KEY (handle, at, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal_positions (
    journal TEXT    NOT NULL PRIMARY KEY,
    upto    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
