-- Instants are microseconds since 1970-01-01T00:00:00Z; ids are UUIDv7, so that they sort by age. Words are compared byte
-- by byte ("C"), whatever the collation of the database: the order is the programs' own, and `lower` folds ASCII only.
-- A NUL, which a text here cannot hold, is written as U+001A and '0', and U+001A as itself twice.

CREATE TABLE accounts (
    id            uuid   NOT NULL CONSTRAINT accounts_pkey PRIMARY KEY,
    email         text   COLLATE "C" NOT NULL CONSTRAINT accounts_email_key UNIQUE,
    password_hash text   NOT NULL,
    created_at    bigint NOT NULL
);

CREATE TABLE handles (
    handle     text   COLLATE "C" NOT NULL CONSTRAINT handles_pkey PRIMARY KEY,
    owner      uuid   NOT NULL REFERENCES accounts (id),
    created_at bigint NOT NULL
);

CREATE TABLE members (
    handle  text COLLATE "C" NOT NULL REFERENCES handles (handle),
    account uuid NOT NULL REFERENCES accounts (id),
    role    text COLLATE "C" NOT NULL,
    PRIMARY KEY (handle, account)
);

CREATE TABLE tokens (
    id         uuid   NOT NULL PRIMARY KEY,
    handle     text   COLLATE "C" NOT NULL REFERENCES handles (handle),
    owner      uuid   NOT NULL REFERENCES accounts (id),
    name       text   NOT NULL,
    scopes     jsonb  NOT NULL,
    secret     bytea  NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint
);

CREATE INDEX tokens_by_handle ON tokens (handle, created_at, id);

-- Where the sequences of a handle stand: its version, its outbox, its audit chain; and what every writer of the handle
-- locks first. Not bound to `handles`: what was refused on a name that nobody has is audited as well. Rewritten with
-- every batch: the room lets a row's next version stay on its page.
CREATE TABLE heads (
    handle     text   COLLATE "C" NOT NULL PRIMARY KEY,
    version    bigint NOT NULL,
    event_seq  bigint NOT NULL,
    audit_seq  bigint NOT NULL,
    audit_hash bytea  NOT NULL
) WITH (fillfactor = 50);

-- Live links. `slug_key` is the slug without regard to case.
CREATE TABLE links (
    handle          text    COLLATE "C" NOT NULL,
    slug_key        text    COLLATE "C" NOT NULL,
    slug            text    COLLATE "C" NOT NULL,
    id              uuid    NOT NULL,
    destination     text    COLLATE "C" NOT NULL,
    title           text    COLLATE "C",
    description     text    COLLATE "C",
    tags            jsonb   NOT NULL,
    categories      jsonb   NOT NULL,
    enabled         boolean NOT NULL,
    position        bigint  NOT NULL,
    redirect_status bigint  NOT NULL,
    query           text    COLLATE "C" NOT NULL,
    revision        bigint  NOT NULL,
    created_at      bigint  NOT NULL,
    updated_at      bigint  NOT NULL,
    PRIMARY KEY (handle, slug_key)
);

CREATE INDEX links_by_position ON links (handle, position, id);

-- Every state a slug ever had, those of deleted links and of their successors in one count.
CREATE TABLE link_revisions (
    handle          text    COLLATE "C" NOT NULL,
    slug_key        text    COLLATE "C" NOT NULL,
    revision        bigint  NOT NULL,
    action          text    COLLATE "C" NOT NULL,
    at              bigint  NOT NULL,
    actor           text    NOT NULL,
    slug            text    COLLATE "C" NOT NULL,
    id              uuid    NOT NULL,
    destination     text    COLLATE "C" NOT NULL,
    title           text    COLLATE "C",
    description     text    COLLATE "C",
    tags            jsonb   NOT NULL,
    categories      jsonb   NOT NULL,
    enabled         boolean NOT NULL,
    position        bigint  NOT NULL,
    redirect_status bigint  NOT NULL,
    query           text    COLLATE "C" NOT NULL,
    created_at      bigint  NOT NULL,
    updated_at      bigint  NOT NULL,
    PRIMARY KEY (handle, slug_key, revision)
);

-- Without a slug key it is access (accounts, handles, tokens) that changed. How readers follow it stands in
-- `change_log/horizon.rs`; it rests on the sequence giving its numbers one by one.
CREATE TABLE change_log (
    seq      bigint NOT NULL GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    handle   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    slug_key text   COLLATE "C"
);

-- The greatest number that was ever trimmed from the log: whoever has read less has missed something.
CREATE TABLE change_log_trimmed (
    one  boolean NOT NULL DEFAULT TRUE PRIMARY KEY CHECK (one),
    upto bigint  NOT NULL
);

INSERT INTO change_log_trimmed (upto) VALUES (0);

-- `json`, not `jsonb`: facts are never looked into here, and may hold any text.
CREATE TABLE outbox (
    handle text   COLLATE "C" NOT NULL,
    seq    bigint NOT NULL,
    id     uuid   NOT NULL,
    name   text   COLLATE "C" NOT NULL,
    at     bigint NOT NULL,
    actor  text   NOT NULL,
    facts  json   NOT NULL,
    PRIMARY KEY (handle, seq)
);

CREATE TABLE audit (
    handle        text   COLLATE "C" NOT NULL,
    seq           bigint NOT NULL,
    prev          bytea  NOT NULL,
    hash          bytea  NOT NULL,
    at            bigint NOT NULL,
    actor         text   NOT NULL,
    surface       text   NOT NULL,
    operation     text   NOT NULL,
    subject       text   NOT NULL,
    request_id    text   NOT NULL,
    refused_code  text,
    refused_times bigint NOT NULL,
    PRIMARY KEY (handle, seq)
);

CREATE TABLE replies (
    actor       text    COLLATE "C" NOT NULL,
    operation   text    COLLATE "C" NOT NULL,
    key         text    COLLATE "C" NOT NULL,
    fingerprint bytea   NOT NULL,
    created     boolean NOT NULL,
    body        text    NOT NULL,
    expires_at  bigint  NOT NULL,
    PRIMARY KEY (actor, operation, key)
);

CREATE INDEX replies_by_expiry ON replies (expires_at);

-- Raw visits, a partition for each UTC day, so that forgetting a day is dropping a table. No unique index: a stretch of
-- a journal is taken in once because its position is moved in the same transaction.
CREATE TABLE clicks (
    handle   text   COLLATE "C" NOT NULL,
    at       bigint NOT NULL,
    id       uuid   NOT NULL,
    link     uuid   NOT NULL,
    slug     text   COLLATE "C" NOT NULL,
    device   text   COLLATE "C" NOT NULL,
    visitor  bigint NOT NULL,
    referrer text   COLLATE "C" NOT NULL
) PARTITION BY RANGE (at);

CREATE INDEX clicks_by_handle ON clicks (handle, at);

-- The days that have a partition, by their first instants.
CREATE TABLE click_days (
    day bigint NOT NULL PRIMARY KEY
);

-- Hourly counts; with the slug key '' those of all slugs together. The counts of the running hour change all the time:
-- the room lets a row's next version stay on its page, and no other index has to follow it.
CREATE TABLE click_hours (
    handle     text   COLLATE "C" NOT NULL,
    slug_key   text   COLLATE "C" NOT NULL,
    dimension  text   COLLATE "C" NOT NULL,
    hour       bigint NOT NULL,
    value      text   COLLATE "C" NOT NULL,
    clicks     bigint NOT NULL,
    bot_clicks bigint NOT NULL,
    last_at    bigint NOT NULL,
    PRIMARY KEY (handle, slug_key, dimension, hour, value)
) WITH (fillfactor = 70);

-- How many visitors the forgotten days had; with the slug key '' those of all slugs together.
CREATE TABLE visitor_days (
    handle   text   COLLATE "C" NOT NULL,
    day      bigint NOT NULL,
    slug_key text   COLLATE "C" NOT NULL,
    visitors bigint NOT NULL,
    PRIMARY KEY (handle, slug_key, day)
);

-- Days before this instant have no clicks any more; no row: none was forgotten yet.
CREATE TABLE clicks_forgotten (
    one    boolean NOT NULL DEFAULT TRUE PRIMARY KEY CHECK (one),
    before bigint  NOT NULL
);

CREATE TABLE journal_positions (
    journal text   COLLATE "C" NOT NULL PRIMARY KEY,
    upto    bigint NOT NULL
);

-- What the nodes of the installation agree on.
CREATE TABLE installation (
    name  text COLLATE "C" NOT NULL PRIMARY KEY,
    value text NOT NULL
);

-- When each caller's bucket of calls is full again, in nanoseconds since 1970. Not logged: a crash of the database
-- fills all buckets, and no call waits for a disk.
CREATE UNLOGGED TABLE rate_buckets (
    caller  text   COLLATE "C" NOT NULL PRIMARY KEY,
    full_at bigint NOT NULL
) WITH (fillfactor = 50);
