-- Everything of a handle is kept under its key, the name it was made with. `revision` rises with every change of its
-- record, its members and its profile. `closed_until` is set while its owner may take it back.
ALTER TABLE handles ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE handles ADD COLUMN state TEXT NOT NULL DEFAULT 'ACTIVE' CHECK (state IN ('ACTIVE', 'CLOSED', 'PURGING'));
ALTER TABLE handles ADD COLUMN closed_until INTEGER;

CREATE INDEX handles_apart ON handles (handle) WHERE state <> 'ACTIVE';

-- Every name that ever led to a handle, for ever: it is nobody else's again, even where the handle is gone. Former ones
-- lead on until an instant.
CREATE TABLE handle_names (
    name   TEXT    NOT NULL PRIMARY KEY,
    handle TEXT    NOT NULL,
    until  INTEGER
) STRICT, WITHOUT ROWID;

INSERT INTO handle_names (name, handle) SELECT handle, handle FROM handles;

CREATE UNIQUE INDEX handle_names_now ON handle_names (handle) WHERE until IS NULL;

CREATE INDEX handle_names_before ON handle_names (handle) WHERE until IS NOT NULL;

-- A handle has one owner, whatever else is said of its members.
CREATE UNIQUE INDEX members_owner ON members (handle) WHERE role = 'OWNER';

CREATE TABLE handle_profiles (
    handle       TEXT NOT NULL PRIMARY KEY REFERENCES handles (handle),
    display_name TEXT,
    bio          TEXT,
    avatar       TEXT,
    website      TEXT,
    time_zone    TEXT
) STRICT, WITHOUT ROWID;
