-- Who is signed in. Kept for a while after the end.
CREATE TABLE sessions (
    id         BLOB    NOT NULL PRIMARY KEY,
    account    BLOB    NOT NULL REFERENCES accounts (id),
    agent      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    renewed_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_account ON sessions (account, created_at, id);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- What renews sessions, by the hash of what its holder shows. Used ones stay as long as their session: one that comes
-- again was stolen.
CREATE TABLE refresh_tokens (
    hash    BLOB NOT NULL PRIMARY KEY,
    session BLOB NOT NULL REFERENCES sessions (id),
    used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session);

-- Who signs in asks for their handles.
CREATE INDEX members_by_user ON members (user, handle);
