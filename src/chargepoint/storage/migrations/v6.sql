-- Faults that withhold power over restarts, until a person has acknowledged them.

CREATE TABLE kept_faults (
    evse_id INTEGER NOT NULL,
    fault TEXT NOT NULL,
    PRIMARY KEY (evse_id, fault)
) WITHOUT ROWID;
