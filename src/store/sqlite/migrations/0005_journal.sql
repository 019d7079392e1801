-- Who did what: it only grows. Whoever wants to change the past has to take the triggers away first.

ALTER TABLE lock ADD COLUMN run_address TEXT;

CREATE TABLE run (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    command     TEXT NOT NULL,
    who         TEXT NOT NULL,
    host        TEXT NOT NULL,
    process     INTEGER NOT NULL,
    run_address TEXT,
    environment TEXT,
    version     TEXT NOT NULL,
    plan        TEXT,
    started     INTEGER NOT NULL,
    ended       INTEGER,
    outcome     TEXT,
    CHECK ((ended IS NULL) = (outcome IS NULL))
) STRICT;

CREATE TABLE entry (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    run      INTEGER NOT NULL REFERENCES run (number),
    at       INTEGER NOT NULL,
    stage    INTEGER NOT NULL,           -- 0 begun, 1 done, 2 failed
    ends     INTEGER REFERENCES entry (id),
    action   TEXT NOT NULL,
    address  TEXT,
    object   TEXT,
    requests TEXT NOT NULL,              -- JSON
    before   TEXT,
    after    TEXT,
    code     TEXT,
    text     TEXT,
    detail   TEXT NOT NULL               -- JSON
) STRICT;
CREATE INDEX entry_run ON entry (run, id);
CREATE INDEX entry_address ON entry (address, run) WHERE address IS NOT NULL;

CREATE TRIGGER entry_is_not_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;
CREATE TRIGGER entry_is_not_deleted BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;
-- INSERT OR REPLACE deletes without asking the trigger above.
CREATE TRIGGER entry_is_not_replaced BEFORE INSERT ON entry WHEN EXISTS (SELECT 1 FROM entry WHERE id = new.id)
BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;

CREATE TRIGGER run_is_not_deleted BEFORE DELETE ON run
BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;
CREATE TRIGGER run_is_not_replaced BEFORE INSERT ON run
WHEN EXISTS (SELECT 1 FROM run WHERE number = new.number OR id = new.id)
BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;
-- A run is told its plan and its end, each once.
CREATE TRIGGER run_is_not_changed BEFORE UPDATE ON run
WHEN old.ended IS NOT NULL
  OR (old.plan IS NOT NULL AND (old.plan, old.environment) IS NOT (new.plan, new.environment))
  OR (old.number, old.id, old.command, old.who, old.host, old.process, old.version, old.started)
     IS NOT (new.number, new.id, new.command, new.who, new.host, new.process, new.version, new.started)
  OR old.run_address IS NOT new.run_address
BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;
