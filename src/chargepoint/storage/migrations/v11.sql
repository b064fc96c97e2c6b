-- What came of the last test of each residual-current monitor; bodies as in storage/codec.py.

CREATE TABLE self_tests (
    evse_id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
