-- The local authorisation list and the reservations; bodies as in storage/codec.py.

CREATE TABLE local_list (
    token_key TEXT PRIMARY KEY,
    body TEXT NOT NULL           -- small, and written by the thousand: no rowid, no second tree
) WITHOUT ROWID;
CREATE TABLE local_list_state (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    list_version INTEGER NOT NULL
);

CREATE TABLE reservations (
    reservation_id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
