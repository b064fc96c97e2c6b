-- The last firmware update, as far as it came; the body as in storage/codec.py.

CREATE TABLE firmware_update (
    place INTEGER PRIMARY KEY CHECK (place = 1),
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
