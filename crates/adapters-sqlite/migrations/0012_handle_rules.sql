-- What owners decide for whole handles: every item of every revision, never rewritten. The newest row of an item counts; one
-- without a body says that it is gone. Notes about it stand in `change_log` under the slug key '*rules', which no slug has.
CREATE TABLE handle_rules (
    handle   TEXT    NOT NULL,
    item     TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    body     TEXT    CHECK (json_valid(body)),
    PRIMARY KEY (handle, item, revision)
) STRICT;

CREATE INDEX handle_rules_by_revision ON handle_rules (handle, revision);
