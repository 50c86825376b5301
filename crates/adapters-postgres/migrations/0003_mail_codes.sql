-- Codes that were mailed, by their keyed hashes: at most one for each mailbox and purpose.
CREATE TABLE mail_codes (
    email         text   NOT NULL,
    purpose       text   NOT NULL,
    hash          bytea  NOT NULL UNIQUE,
    tries_left    bigint NOT NULL,
    expires_at    bigint NOT NULL,
    password_hash text,
    PRIMARY KEY (email, purpose)
);

CREATE INDEX mail_codes_by_expiry ON mail_codes (expires_at);

-- Mails on their way; gone once they are sent. What they say is made of kind and seed when they are.
CREATE TABLE mails (
    id         uuid   NOT NULL PRIMARY KEY,
    recipient  text   NOT NULL,
    kind       text   NOT NULL,
    seed       bytea  NOT NULL,
    due_at     bigint NOT NULL,
    expires_at bigint NOT NULL,
    attempts   bigint NOT NULL
);

CREATE INDEX mails_by_due ON mails (due_at, id);
