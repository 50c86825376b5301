-- On what terms accounts are here. Without a plan of its own an account has the one with which the installation starts
-- accounts: so have those that were there before.
ALTER TABLE accounts ADD COLUMN plan TEXT;
ALTER TABLE accounts ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC';
ALTER TABLE accounts ADD COLUMN openanalyst INTEGER NOT NULL DEFAULT 1 CHECK (openanalyst IN (0, 1));

-- How much an account wrote on the last day on which it did; the day is a number like 20260225.
CREATE TABLE write_days (
    account BLOB    NOT NULL PRIMARY KEY REFERENCES accounts (id),
    day     INTEGER NOT NULL,
    writes  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
