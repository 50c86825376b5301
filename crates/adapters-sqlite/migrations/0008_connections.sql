-- Which apps may do what in a handle, and for whom. Kept for a while after the end.
CREATE TABLE connections (
    id           BLOB    NOT NULL PRIMARY KEY,
    handle       TEXT    NOT NULL REFERENCES handles (handle),
    account      BLOB    NOT NULL REFERENCES accounts (id),
    client       TEXT    NOT NULL,
    client_name  TEXT    NOT NULL,
    client_place TEXT    NOT NULL,
    audience     TEXT    NOT NULL,
    scopes       TEXT    NOT NULL CHECK (json_valid(scopes)),
    created_at   INTEGER NOT NULL,
    renewed_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX connections_by_account ON connections (account, created_at, id);

CREATE INDEX connections_by_handle ON connections (handle, created_at, id);

CREATE INDEX connections_by_expiry ON connections (expires_at);

-- What apps show, by its hash: codes and refresh tokens, which are used once, and access tokens. Used ones stay until they
-- expire: one that comes again was stolen. A code has its redirect_uri and challenge, an access token its scopes.
CREATE TABLE connection_credentials (
    hash         BLOB    NOT NULL PRIMARY KEY,
    connection   BLOB    NOT NULL REFERENCES connections (id),
    kind         TEXT    NOT NULL,
    redirect_uri TEXT,
    challenge    BLOB,
    granted      TEXT    CHECK (json_valid(granted)),
    valid_until  INTEGER NOT NULL,
    used_at      INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX connection_credentials_by_connection ON connection_credentials (connection);

CREATE INDEX connection_credentials_by_expiry ON connection_credentials (valid_until);
