-- Where each meter's register stood, so that it goes on from there after a restart and can not jump meanwhile.

ALTER TABLE meters ADD COLUMN last_energy_wh REAL;
ALTER TABLE meters ADD COLUMN last_at TEXT;
