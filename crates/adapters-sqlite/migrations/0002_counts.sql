-- Hourly counts of clicks by one dimension at a time; without a slug key they are of the whole handle.
CREATE TABLE click_hours (
    handle     TEXT    NOT NULL,
    slug_key   TEXT    NOT NULL,
    dimension  TEXT    NOT NULL,
    hour       INTEGER NOT NULL,
    value      TEXT    NOT NULL,
    clicks     INTEGER NOT NULL,
    bot_clicks INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (handle, slug_key, dimension, hour, value)
) STRICT, WITHOUT ROWID;

-- What is left of forgotten clicks besides their counts: how many visitors they came from, per UTC day.
CREATE TABLE visitor_days (
    handle   TEXT    NOT NULL,
    slug_key TEXT    NOT NULL,
    day      INTEGER NOT NULL,
    visitors INTEGER NOT NULL,
    PRIMARY KEY (handle, slug_key, day)
) STRICT, WITHOUT ROWID;

-- Before which day a handle's clicks are forgotten.
CREATE TABLE clicks_forgotten (
    handle TEXT    NOT NULL PRIMARY KEY,
    before INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What nodes and starts of one installation have in common.
CREATE TABLE installation (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The clicks that are there already.
WITH told_apart AS (
    SELECT handle, slug, at, device, 'all' AS dimension, '' AS value FROM clicks
    UNION ALL SELECT handle, slug, at, device, 'device', device FROM clicks
    UNION ALL SELECT handle, slug, at, device, 'referrer', referrer FROM clicks WHERE referrer <> ''
),
of_slug_and_handle AS (
    SELECT handle, lower(slug) AS slug_key, at, device, dimension, value FROM told_apart
    UNION ALL SELECT handle, '', at, device, dimension, value FROM told_apart
)
INSERT INTO click_hours (handle, slug_key, dimension, hour, value, clicks, bot_clicks, last_at)
SELECT handle, slug_key, dimension, at / 3600000000 * 3600000000 AS hour, value,
       count(*), count(*) FILTER (WHERE device = 'BOT'), max(at)
FROM of_slug_and_handle
GROUP BY handle, slug_key, dimension, hour, value;
