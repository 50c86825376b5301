-- On what terms accounts are here. Without a plan of its own an account has the one with which the installation starts
-- accounts: so have those that were there before, and those that nodes of the version before make.
ALTER TABLE accounts
    ADD COLUMN plan        text COLLATE "C",
    ADD COLUMN time_zone   text COLLATE "C" NOT NULL DEFAULT 'UTC',
    ADD COLUMN openanalyst boolean NOT NULL DEFAULT true;

-- How much an account wrote on the last day on which it did; the day is a number like 20260225.
CREATE TABLE write_days (
    account uuid   NOT NULL PRIMARY KEY REFERENCES accounts (id),
    day     bigint NOT NULL,
    writes  bigint NOT NULL
);
