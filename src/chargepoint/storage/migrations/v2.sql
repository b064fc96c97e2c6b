-- Charging profiles, as installed; bodies as in storage/codec.py.

CREATE TABLE profiles (
    profile_id INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,      -- in precedence, 0 first
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
