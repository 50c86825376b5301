-- Everything of a handle is kept under its key, the name it was made with. `revision` rises with every change of its
-- record, its members and its profile. `closed_until` is set while its owner may take it back.
ALTER TABLE handles
    ADD COLUMN revision     bigint NOT NULL DEFAULT 1,
    ADD COLUMN state        text   COLLATE "C" NOT NULL DEFAULT 'ACTIVE'
        CHECK (state IN ('ACTIVE', 'CLOSED', 'PURGING')),
    ADD COLUMN closed_until bigint;

CREATE INDEX handles_apart ON handles (handle) WHERE state <> 'ACTIVE';

-- Every name that ever led to a handle, for ever: it is nobody else's again, even where the handle is gone. Former ones
-- lead on until an instant. A handle without a row here, made by a program from before, is called by its key.
CREATE TABLE handle_names (
    name   text   COLLATE "C" NOT NULL PRIMARY KEY,
    handle text   COLLATE "C" NOT NULL,
    until  bigint
);

INSERT INTO handle_names (name, handle) SELECT handle, handle FROM handles;

CREATE UNIQUE INDEX handle_names_now ON handle_names (handle) WHERE until IS NULL;

CREATE INDEX handle_names_before ON handle_names (handle) WHERE until IS NOT NULL;

-- A handle has one owner, whatever else is said of its members. Built under a lock, as in 0002: short rows, few of them.
CREATE UNIQUE INDEX members_owner ON members (handle) WHERE role = 'OWNER';

CREATE TABLE handle_profiles (
    handle       text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES handles (handle),
    display_name text,
    bio          text,
    avatar       text,
    website      text,
    time_zone    text
);
