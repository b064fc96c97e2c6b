-- A token's type is a part of it (2.0.1 C01.FR.25), and lists and caches are keyed by both. What older releases kept
-- by the value alone, and what they called Central because 1.6 had named no type, goes on as a token of any type.

UPDATE verdicts SET token_key = 'Untyped ' || token_key WHERE token_key NOT GLOB 'KeyCode *';
UPDATE local_list SET token_key = 'Untyped ' || token_key WHERE token_key NOT GLOB 'KeyCode *';

UPDATE verdicts SET body = replace(body, '"kind":"Central"', '"kind":"Untyped"');
UPDATE local_list SET body = replace(body, '"kind":"Central"', '"kind":"Untyped"')
    WHERE instr(body, '"kind":"Central"');
UPDATE reservations SET body = replace(body, '"kind":"Central"', '"kind":"Untyped"');
UPDATE transactions SET record = replace(record, '"kind":"Central"', '"kind":"Untyped"')
    WHERE instr(record, '"kind":"Central"');
UPDATE outbox SET body = replace(body, '"kind":"Central"', '"kind":"Untyped"')
    WHERE instr(body, '"kind":"Central"');
UPDATE starts SET body = replace(body, '"kind":"Central"', '"kind":"Untyped"')
    WHERE instr(body, '"kind":"Central"');
UPDATE dead_letters SET body = replace(body, '"kind":"Central"', '"kind":"Untyped"')
    WHERE instr(body, '"kind":"Central"');
