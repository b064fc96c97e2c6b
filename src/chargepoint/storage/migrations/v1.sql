-- What the station remembers. JSON bodies are neutral values with a kind and a version; see storage/codec.py.
-- Tables with bodies have a rowid: without one a body of more than 231 bytes costs a page of its own at each commit.

CREATE TABLE boots (
    boot_id INTEGER PRIMARY KEY,
    machine_boot TEXT            -- the kernel's boot id: the monotonic clock is one within it
);

CREATE TABLE outbox (
    row_id INTEGER PRIMARY KEY,  -- the only order there is; never used twice
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    transaction_id TEXT,
    sequence INTEGER,
    phase TEXT,
    is_sample INTEGER NOT NULL DEFAULT 0,     -- may be thinned when space is short
    is_untrusted INTEGER NOT NULL DEFAULT 0,  -- has stamps of a clock that was not set
    attempts INTEGER NOT NULL DEFAULT 0
);
-- No index over every row: it would cost two pages for each sample. transactions.last_sequence keeps steps single.
CREATE UNIQUE INDEX outbox_one_start_one_end ON outbox (transaction_id, phase) WHERE phase IN ('Started', 'Ended');

CREATE TABLE dead_letters (
    row_id INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    transaction_id TEXT,
    attempts INTEGER NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE transactions (
    transaction_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    record TEXT,                 -- the last checkpoint, without its stop samples
    is_ended INTEGER NOT NULL DEFAULT 0,
    is_untrusted INTEGER NOT NULL DEFAULT 0,
    last_sequence INTEGER,       -- of the last report that was enqueued; NULL before the start
    has_end INTEGER NOT NULL DEFAULT 0,
    csms_transaction_id INTEGER,
    start_is_dead INTEGER NOT NULL DEFAULT 0,
    start_told_in TEXT NOT NULL DEFAULT ''    -- subprotocols, between blanks
);

CREATE TABLE starts (            -- kept until the end is delivered, for a CSMS that never saw it
    transaction_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE stop_samples (      -- appended, so that a checkpoint stays small
    place INTEGER PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE history (           -- finished transactions for the local interface; the last thousand
    place INTEGER PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    evse_id INTEGER NOT NULL,
    started_utc TEXT NOT NULL,
    ended_utc TEXT,
    start_energy_wh REAL,
    end_energy_wh REAL,
    stop_reason TEXT
);

CREATE TABLE settings (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE availability (evse_id INTEGER PRIMARY KEY, availability TEXT NOT NULL);
CREATE TABLE verdicts (place INTEGER PRIMARY KEY, token_key TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
CREATE TABLE meters (name TEXT PRIMARY KEY, offset_wh REAL NOT NULL, serial_number TEXT) WITHOUT ROWID;
