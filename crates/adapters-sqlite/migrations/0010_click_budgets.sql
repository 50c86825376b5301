-- How many clicks of a link with a limit were handed out to whoever answers visitors. `granted` is what the last call got, so
-- that one statement can take and say how much. Goes with the handle.
CREATE TABLE click_budgets (
    handle     TEXT    NOT NULL,
    link       BLOB    NOT NULL,
    handed_out INTEGER NOT NULL CHECK (handed_out >= 0),
    granted    INTEGER NOT NULL,
    PRIMARY KEY (handle, link)
) STRICT, WITHOUT ROWID;
