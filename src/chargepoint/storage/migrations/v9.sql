-- The messages that the CSMS has set for the display: they survive a restart.

CREATE TABLE display_messages (
    place INTEGER PRIMARY KEY,   -- the longest set first
    message_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
