-- Saved plans that were carried out: a file is used once.
CREATE TABLE used_plan (
    digest  TEXT PRIMARY KEY,
    plan_id TEXT NOT NULL,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
