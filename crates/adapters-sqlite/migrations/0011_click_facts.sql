-- What visits were decided by and what the decision was; NULL where that is unknown or nothing, and in all clicks of before.
ALTER TABLE clicks ADD COLUMN country TEXT;
ALTER TABLE clicks ADD COLUMN region TEXT;
ALTER TABLE clicks ADD COLUMN os TEXT;
ALTER TABLE clicks ADD COLUMN browser TEXT;
ALTER TABLE clicks ADD COLUMN language TEXT;
ALTER TABLE clicks ADD COLUMN source TEXT;
ALTER TABLE clicks ADD COLUMN campaign TEXT;
ALTER TABLE clicks ADD COLUMN rule TEXT;
ALTER TABLE clicks ADD COLUMN variant TEXT;
ALTER TABLE clicks ADD COLUMN link_revision INTEGER;
ALTER TABLE clicks ADD COLUMN rules_revision INTEGER;
ALTER TABLE clicks ADD COLUMN visitor_key TEXT;
ALTER TABLE clicks ADD COLUMN came_before INTEGER;
