-- The last ended transaction of each EVSE, and the CSMS's numbers of past ones: what is said after an end finds them.

CREATE TABLE ended_transactions (
    evse_id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
ALTER TABLE history ADD COLUMN csms_transaction_id INTEGER;
