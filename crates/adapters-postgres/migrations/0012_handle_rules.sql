-- What owners decide for whole handles: every item of every revision, never rewritten. The newest row of an item counts; one
-- without a body says that it is gone. Notes about it stand in `change_log` under the slug key '*rules', which no slug has.
-- `json`, not `jsonb`: bodies are never looked into here.
CREATE TABLE handle_rules (
    handle   text   COLLATE "C" NOT NULL,
    item     text   COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    body     json,
    PRIMARY KEY (handle, item, revision)
);

CREATE INDEX handle_rules_by_revision ON handle_rules (handle, revision);

-- As the other tables of handles: see 0007.
ALTER TABLE handle_rules ENABLE ROW LEVEL SECURITY;
ALTER TABLE handle_rules FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON handle_rules FOR SELECT USING (true);
CREATE POLICY inserts ON handle_rules FOR INSERT WITH CHECK (within_space(handle));
CREATE POLICY updates ON handle_rules FOR UPDATE USING (true) WITH CHECK (within_space(handle));
CREATE POLICY deletes ON handle_rules FOR DELETE USING (within_space(handle));
