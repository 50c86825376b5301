-- What visits were decided by and what the decision was; NULL where that is unknown or nothing, and in all clicks of before.
ALTER TABLE clicks
    ADD COLUMN country text COLLATE "C",
    ADD COLUMN region text COLLATE "C",
    ADD COLUMN os text COLLATE "C",
    ADD COLUMN browser text COLLATE "C",
    ADD COLUMN language text COLLATE "C",
    ADD COLUMN source text COLLATE "C",
    ADD COLUMN campaign text COLLATE "C",
    ADD COLUMN rule text COLLATE "C",
    ADD COLUMN variant text COLLATE "C",
    ADD COLUMN link_revision bigint,
    ADD COLUMN rules_revision bigint,
    ADD COLUMN visitor_key text COLLATE "C",
    ADD COLUMN came_before boolean;
