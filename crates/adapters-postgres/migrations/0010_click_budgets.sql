-- How many clicks of a link with a limit were handed out to nodes. `granted` is what the last call got, so that one statement
-- can take and say how much. Goes with the handle.
CREATE TABLE click_budgets (
    handle     text   COLLATE "C" NOT NULL,
    link       uuid   NOT NULL,
    handed_out bigint NOT NULL CHECK (handed_out >= 0),
    granted    bigint NOT NULL,
    PRIMARY KEY (handle, link)
);

-- Behind the wall of 0007, as all rows of handles: no batch writes another handle's. Nodes take outside of batches.
ALTER TABLE click_budgets ENABLE ROW LEVEL SECURITY;
ALTER TABLE click_budgets FORCE ROW LEVEL SECURITY;
CREATE POLICY reads ON click_budgets FOR SELECT USING (true);
CREATE POLICY inserts ON click_budgets FOR INSERT WITH CHECK (within_space(handle));
CREATE POLICY updates ON click_budgets FOR UPDATE USING (true) WITH CHECK (within_space(handle));
CREATE POLICY deletes ON click_budgets FOR DELETE USING (within_space(handle));
