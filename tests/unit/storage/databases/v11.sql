-- What schema version 11 wrote; never changed again.
BEGIN TRANSACTION;
CREATE TABLE availability (evse_id INTEGER PRIMARY KEY, availability TEXT NOT NULL);
INSERT INTO "availability" VALUES(1,'Inoperative');
CREATE TABLE boots (
    boot_id INTEGER PRIMARY KEY,
    machine_boot TEXT            -- the kernel's boot id: the monotonic clock is one within it
);
INSERT INTO "boots" VALUES(1,NULL);
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
INSERT INTO "dead_letters" VALUES(7,'00000000-0000-4000-8000-000000000007','transaction_report',1,'{"phase":"Started","transaction_id":"dead","sequence":0,"evse_id":1,"stamp":{"boot_id":1,"monotonic":1000.0,"utc":"2025-06-01T12:00:00Z","trusted":true},"cause":"Authorized","charging_state":"EVConnected","offline":true,"energy_wh":5000.0,"id_token":{"value":"04A2B3C4"}}','dead',0,'the CSMS answered InternalError 5 times');
CREATE TABLE display_messages (
    place INTEGER PRIMARY KEY,   -- the longest set first
    message_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "display_messages" VALUES(0,7,1,'{"message_id":7,"priority":"InFront","content":"Closed on Sunday","state":"Idle","ends_at":"2035-06-01T12:00:00Z"}');
CREATE TABLE ended_transactions (
    evse_id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "ended_transactions" VALUES(1,1,'{"transaction_id":"past","evse_id":1,"ended_at":{"boot_id":1,"monotonic":61.0,"utc":"2025-06-01T12:01:01Z","trusted":true}}');
CREATE TABLE firmware_update (
    place INTEGER PRIMARY KEY CHECK (place = 1),
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "firmware_update" VALUES(1,1,'{"number":2,"request":{"location":"https://files.example/fw.zip","retrieve_at":"2025-06-01T12:00:00Z","request_id":7,"signing_certificate_pem":"-","signature_base64":"AAAA"},"state":"restarting","downloads":1,"installs":1,"mark":"b-1","told":"InstallRebooting"}');
CREATE TABLE history (           -- finished transactions for the local interface; the last thousand
    place INTEGER PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    evse_id INTEGER NOT NULL,
    started_utc TEXT NOT NULL,
    ended_utc TEXT,
    start_energy_wh REAL,
    end_energy_wh REAL,
    stop_reason TEXT
, csms_transaction_id INTEGER);
INSERT INTO "history" VALUES(1,'past',1,'2025-06-01T12:00:00.000+00:00','2025-06-01T12:01:01.000+00:00',5000.0,5100.0,'Local',41);
CREATE TABLE kept_faults (
    evse_id INTEGER NOT NULL,
    fault TEXT NOT NULL,
    PRIMARY KEY (evse_id, fault)
) WITHOUT ROWID;
INSERT INTO "kept_faults" VALUES(2,'contactor_welded');
CREATE TABLE local_list (
    token_key TEXT PRIMARY KEY,
    body TEXT NOT NULL           -- small, and written by the thousand: no rowid, no second tree
) WITHOUT ROWID;
INSERT INTO "local_list" VALUES('ISO14443 04a2b3c4','{"status":"Accepted","group":{"value":"FLEET","kind":"Untyped"},"valid_until":"2026-06-01T12:00:00Z"}');
INSERT INTO "local_list" VALUES('ISO15693 04a2b3c4','{"status":"Blocked"}');
INSERT INTO "local_list" VALUES('Untyped 04bad000','{"status":"Blocked"}');
CREATE TABLE local_list_state (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    list_version INTEGER NOT NULL
);
INSERT INTO "local_list_state" VALUES(1,17);
CREATE TABLE meters (name TEXT PRIMARY KEY, offset_wh REAL NOT NULL, serial_number TEXT, last_energy_wh REAL, last_at TEXT) WITHOUT ROWID;
INSERT INTO "meters" VALUES('main',12.5,'7000001',5100.0,'{"boot_id":1,"monotonic":1060.0,"utc":"2025-06-01T12:01:00Z","trusted":true}');
CREATE TABLE monitoring (        -- base, level, alarms: all but the monitors themselves
    place INTEGER PRIMARY KEY CHECK (place = 1),
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "monitoring" VALUES(1,1,'{"base":"all","level":8,"cleared":[1011],"alarms":[{"monitor_id":10001,"event_id":100001,"transaction_id":"open"}],"faults":[{"fault":"contactor_welded","evse_id":2,"event_id":100002}]}');
CREATE TABLE monitors (
    monitor_id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "monitors" VALUES(10001,1,'{"monitor_id":10001,"subject":{"component":"EVSE","variable":"Power","evse_id":1},"kind":"upper_threshold","value":3000.0,"severity":3}');
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
INSERT INTO "outbox" VALUES(5,'00000000-0000-4000-8000-000000000005','transaction_report',1,'{"phase":"Updated","transaction_id":"waiting","sequence":1,"evse_id":1,"stamp":{"boot_id":1,"monotonic":1060.0,"utc":"2025-06-01T12:01:00Z","trusted":true},"cause":"MeterValuePeriodic","charging_state":"EVConnected","offline":true,"meter_values":[{"stamp":{"boot_id":1,"monotonic":1060.0,"utc":"2025-06-01T12:01:00Z","trusted":true},"context":"Sample.Periodic","values":[{"measurand":"Energy.Active.Import.Register","value":5100.0}]}]}','waiting',1,'Updated',1,0,1);
INSERT INTO "outbox" VALUES(6,'00000000-0000-4000-8000-000000000006','transaction_report',1,'{"phase":"Ended","transaction_id":"waiting","sequence":2,"evse_id":1,"stamp":{"boot_id":1,"monotonic":1061.0,"utc":"2025-06-01T12:01:01Z","trusted":true},"cause":"StopAuthorized","charging_state":"EVConnected","offline":true,"meter_values":[{"stamp":{"boot_id":1,"monotonic":1000.0,"utc":"2025-06-01T12:00:00Z","trusted":true},"context":"Transaction.Begin","values":[{"measurand":"Energy.Active.Import.Register","value":5000.0}]},{"stamp":{"boot_id":1,"monotonic":1060.0,"utc":"2025-06-01T12:01:00Z","trusted":true},"context":"Sample.Periodic","values":[{"measurand":"Energy.Active.Import.Register","value":5100.0}]}],"energy_wh":5100.0,"stop_reason":"Local"}','waiting',2,'Ended',0,0,0);
INSERT INTO "outbox" VALUES(8,'00000000-0000-4000-8000-000000000008','transaction_report',1,'{"phase":"Started","transaction_id":"open","sequence":0,"evse_id":1,"stamp":{"boot_id":1,"monotonic":1000.0,"utc":"2025-06-01T12:00:00Z","trusted":true},"cause":"Authorized","charging_state":"EVConnected","offline":true,"energy_wh":5000.0,"id_token":{"value":"04A2B3C4"}}','open',0,'Started',0,0,0);
INSERT INTO "outbox" VALUES(9,'00000000-0000-4000-8000-000000000009','transaction_report',1,'{"phase":"Updated","transaction_id":"open","sequence":1,"evse_id":1,"stamp":{"boot_id":1,"monotonic":1060.0,"utc":"2025-06-01T12:01:00Z","trusted":true},"cause":"MeterValuePeriodic","charging_state":"EVConnected","offline":true,"meter_values":[{"stamp":{"boot_id":1,"monotonic":1060.0,"utc":"2025-06-01T12:01:00Z","trusted":true},"context":"Sample.Periodic","values":[{"measurand":"Energy.Active.Import.Register","value":5100.0}]}]}','open',1,'Updated',1,0,0);
CREATE TABLE profiles (
    profile_id INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,      -- in precedence, 0 first
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "profiles" VALUES(0,0,1,'{"profile":{"profile_id":0,"stack_level":3,"purpose":"tx","kind":"relative","schedule":{"unit":"A","periods":[{"start_seconds":0,"limit":10.0},{"start_seconds":600,"limit":6.5,"phases":1}]}},"evse_id":1,"installed_at":"2025-06-01T12:00:00Z","transaction_id":"open"}');
INSERT INTO "profiles" VALUES(8,1,1,'{"profile":{"profile_id":8,"stack_level":0,"purpose":"station_max","kind":"recurring","schedule":{"unit":"W","periods":[{"start_seconds":0,"limit":11000.0}],"start":"2025-06-01T12:00:00Z","duration_seconds":3600,"min_charging_rate":1.5},"recurrency":"weekly","valid_from":"2025-06-01T12:00:00Z"},"evse_id":0,"installed_at":"2025-06-01T12:00:00Z"}');
CREATE TABLE reservations (
    reservation_id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "reservations" VALUES(0,1,'{"reservation_id":0,"token":{"value":"04A2B3C4","kind":"Untyped"},"expires_at":"2025-06-01T13:00:00Z","evse_id":1,"group_token":{"value":"FLEET","kind":"Untyped"},"made_at":"2025-06-01T12:00:00Z"}');
CREATE TABLE settings (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "settings" VALUES('heartbeat_interval_seconds','60');
CREATE TABLE starts (            -- kept until the end is delivered, for a CSMS that never saw it
    transaction_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "starts" VALUES('waiting',1,'{"phase":"Started","transaction_id":"waiting","sequence":0,"evse_id":1,"stamp":{"boot_id":1,"monotonic":1000.0,"utc":"2025-06-01T12:00:00Z","trusted":true},"cause":"Authorized","charging_state":"EVConnected","offline":true,"energy_wh":5000.0,"id_token":{"value":"04A2B3C4"}}');
INSERT INTO "starts" VALUES('open',1,'{"phase":"Started","transaction_id":"open","sequence":0,"evse_id":1,"stamp":{"boot_id":1,"monotonic":1000.0,"utc":"2025-06-01T12:00:00Z","trusted":true},"cause":"Authorized","charging_state":"EVConnected","offline":true,"energy_wh":5000.0,"id_token":{"value":"04A2B3C4"}}');
CREATE TABLE stop_samples (      -- appended, so that a checkpoint stays small
    place INTEGER PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "stop_samples" VALUES(1,'open','{"stamp":{"boot_id":1,"monotonic":1000.0,"utc":"2025-06-01T12:00:00Z","trusted":true},"context":"Transaction.Begin","values":[{"measurand":"Energy.Active.Import.Register","value":5000.0}]}');
INSERT INTO "stop_samples" VALUES(2,'open','{"stamp":{"boot_id":1,"monotonic":1060.0,"utc":"2025-06-01T12:01:00Z","trusted":true},"context":"Sample.Periodic","values":[{"measurand":"Energy.Active.Import.Register","value":5100.0}]}');
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
INSERT INTO "transactions" VALUES('waiting',1,'{"transaction_id":"waiting","evse_id":1,"id_token":{"value":"04A2B3C4"},"started_at":{"boot_id":1,"monotonic":1000.0,"utc":"2025-06-01T12:00:00Z","trusted":true},"start_energy_wh":5000.0,"next_sequence":3,"last_energy_wh":5100.0,"last_sample_at":{"boot_id":1,"monotonic":1060.0,"utc":"2025-06-01T12:01:00Z","trusted":true},"stop_reason":"Local","stopping_at":{"boot_id":1,"monotonic":1061.0,"utc":"2025-06-01T12:01:01Z","trusted":true},"is_ended":true}',1,0,2,1,42,0,'ocpp1.6');
INSERT INTO "transactions" VALUES('open',1,'{"transaction_id":"open","evse_id":1,"id_token":{"value":"04A2B3C4"},"started_at":{"boot_id":1,"monotonic":1000.0,"utc":"2025-06-01T12:00:00Z","trusted":true},"start_energy_wh":5000.0,"next_sequence":2,"last_energy_wh":5100.0,"last_sample_at":{"boot_id":1,"monotonic":1060.0,"utc":"2025-06-01T12:01:00Z","trusted":true}}',0,0,1,0,NULL,0,'');
CREATE TABLE verdicts (place INTEGER PRIMARY KEY, token_key TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
INSERT INTO "verdicts" VALUES(1,'ISO14443 04a2b3c4','{"status":"Accepted"}');
CREATE UNIQUE INDEX outbox_one_start_one_end ON outbox (transaction_id, phase) WHERE phase IN ('Started', 'Ended');
COMMIT;
CREATE TABLE self_tests (
    evse_id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "self_tests" VALUES(1,1,'{"verdict":"failed","stamp":{"boot_id":1,"monotonic":1030.0,"utc":"2025-06-01T12:00:30Z","trusted":true},"cause":"no_trip"}');
PRAGMA user_version = 11;
