-- A second wall between handles: a batch says at its beginning whose it is, and rows of another handle are then refused,
-- whatever a statement says. Where nobody has said so (counting clicks, housekeeping, programs from before) nothing is
-- refused. It binds the tables' owner too; superusers and roles with BYPASSRLS pass.
CREATE FUNCTION within_space(handle text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(nullif(current_setting('link_platform.space', true), ''), handle) = handle;

DO $$
DECLARE walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['handles', 'handle_names', 'handle_profiles', 'members', 'tokens', 'links',
                                  'link_revisions', 'outbox', 'audit', 'change_log'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', walled);
        EXECUTE format('CREATE POLICY reads ON %I FOR SELECT USING (true)', walled);
        EXECUTE format('CREATE POLICY inserts ON %I FOR INSERT WITH CHECK (within_space(handle))', walled);
        -- An update of another handle's row fails aloud; a deletion does not find it.
        EXECUTE format('CREATE POLICY updates ON %I FOR UPDATE USING (true) WITH CHECK (within_space(handle))', walled);
        EXECUTE format('CREATE POLICY deletes ON %I FOR DELETE USING (within_space(handle))', walled);
    END LOOP;
END $$;
