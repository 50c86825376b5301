-- Which apps may do what in a handle, and for whom. Kept for a while after the end.
CREATE TABLE connections (
    id           uuid   NOT NULL PRIMARY KEY,
    handle       text   COLLATE "C" NOT NULL REFERENCES handles (handle),
    account      uuid   NOT NULL REFERENCES accounts (id),
    client       text   NOT NULL,
    client_name  text   NOT NULL,
    client_place text   NOT NULL,
    audience     text   NOT NULL,
    scopes       jsonb  NOT NULL,
    created_at   bigint NOT NULL,
    renewed_at   bigint NOT NULL,
    expires_at   bigint NOT NULL,
    ended_at     bigint,
    last_used_at bigint
);

CREATE INDEX connections_by_account ON connections (account, created_at, id);

CREATE INDEX connections_by_handle ON connections (handle, created_at, id);

CREATE INDEX connections_by_expiry ON connections (expires_at);

-- What apps show, by its hash: codes and refresh tokens, which are used once, and access tokens. Used ones stay until they
-- expire: one that comes again was stolen. A code has its redirect_uri and challenge, an access token its scopes.
CREATE TABLE connection_credentials (
    hash         bytea  NOT NULL PRIMARY KEY,
    connection   uuid   NOT NULL REFERENCES connections (id),
    handle       text   COLLATE "C" NOT NULL,
    kind         text   NOT NULL,
    redirect_uri text,
    challenge    bytea,
    granted      jsonb,
    valid_until  bigint NOT NULL,
    used_at      bigint
);

CREATE INDEX connection_credentials_by_connection ON connection_credentials (connection);

CREATE INDEX connection_credentials_by_expiry ON connection_credentials (valid_until);

-- Behind the wall of 0007, as all rows of handles.
DO $$
DECLARE walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['connections', 'connection_credentials'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', walled);
        EXECUTE format('CREATE POLICY reads ON %I FOR SELECT USING (true)', walled);
        EXECUTE format('CREATE POLICY inserts ON %I FOR INSERT WITH CHECK (within_space(handle))', walled);
        EXECUTE format('CREATE POLICY updates ON %I FOR UPDATE USING (true) WITH CHECK (within_space(handle))', walled);
        EXECUTE format('CREATE POLICY deletes ON %I FOR DELETE USING (within_space(handle))', walled);
    END LOOP;
END $$;
