-- Codes that were mailed, by their keyed hashes: at most one for each mailbox and purpose.
CREATE TABLE mail_codes (
    email         TEXT    NOT NULL,
    purpose       TEXT    NOT NULL,
    hash          BLOB    NOT NULL UNIQUE,
    tries_left    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    password_hash TEXT,
    PRIMARY KEY (email, purpose)
) STRICT, WITHOUT ROWID;

CREATE INDEX mail_codes_by_expiry ON mail_codes (expires_at);

-- Mails on their way; gone once they are sent. What they say is made of kind and seed when they are.
CREATE TABLE mails (
    id         BLOB    NOT NULL PRIMARY KEY,
    recipient  TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    seed       BLOB    NOT NULL,
    due_at     INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX mails_by_due ON mails (due_at, id);
