-- Who is signed in. Kept for a while after the end.
CREATE TABLE sessions (
    id         uuid   NOT NULL PRIMARY KEY,
    account    uuid   NOT NULL REFERENCES accounts (id),
    agent      text   NOT NULL,
    created_at bigint NOT NULL,
    renewed_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at   bigint
);

CREATE INDEX sessions_by_account ON sessions (account, created_at, id);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- What renews sessions, by the hash of what its holder shows. Used ones stay as long as their session: one that comes
-- again was stolen.
CREATE TABLE refresh_tokens (
    hash    bytea NOT NULL PRIMARY KEY,
    session uuid  NOT NULL REFERENCES sessions (id),
    used_at bigint
);

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session);

-- Who signs in asks for their handles. Built under a lock, because only a new handle writes to `members`, and it has one
-- short row for each; last, so that the lock is short.
CREATE INDEX members_by_account ON members (account, handle);
