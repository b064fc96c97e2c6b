-- Monitors that the CSMS has set, and what was told by all of them; bodies as in storage/codec.py.

CREATE TABLE monitors (
    monitor_id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE monitoring (        -- base, level, alarms: all but the monitors themselves
    place INTEGER PRIMARY KEY CHECK (place = 1),
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
