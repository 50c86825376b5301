-- What an owner decides about a link beside where it leads, as one JSON object; NULL for most links, which have none of it.
ALTER TABLE links ADD COLUMN controls TEXT CHECK (json_valid(controls));
ALTER TABLE link_revisions ADD COLUMN controls TEXT CHECK (json_valid(controls));
