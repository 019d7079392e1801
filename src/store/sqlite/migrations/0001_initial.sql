-- Times are microseconds since 1970 (UTC). No foreign key points at a contact: a check for every deleted contact would
-- have to scan the members, whose key begins with the campaign.

CREATE TABLE ledger (
    one          INTEGER PRIMARY KEY CHECK (one = 1),
    id           TEXT NOT NULL,
    created_at   INTEGER,
    confirmed_at INTEGER,
    latest_time  INTEGER
) STRICT;
INSERT INTO ledger (one, id) VALUES (1, lower(hex(randomblob(16))));

CREATE TABLE applied (
    kind    TEXT NOT NULL,
    account TEXT NOT NULL,
    key     TEXT NOT NULL,
    name    TEXT NOT NULL,
    member  TEXT,              -- the index within the block
    id      TEXT NOT NULL,
    content TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (kind, account, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE right_used (
    id      INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    right   TEXT NOT NULL,
    subject TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX right_used_at ON right_used (at);

CREATE TABLE lock (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    id      TEXT NOT NULL,
    holder  TEXT NOT NULL,
    host    TEXT NOT NULL,
    process INTEGER NOT NULL,
    command TEXT NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER NOT NULL
) STRICT;

-- A released lease keeps its row, so that its fence goes on growing.
CREATE TABLE lease (
    number  TEXT PRIMARY KEY,
    fence   INTEGER NOT NULL,
    held    INTEGER NOT NULL,
    holder  TEXT NOT NULL,
    host    TEXT NOT NULL,
    process INTEGER NOT NULL,
    command TEXT NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE campaign (
    id               INTEGER PRIMARY KEY,
    account          TEXT NOT NULL,
    name             TEXT NOT NULL,
    declaration      TEXT NOT NULL,
    state            INTEGER NOT NULL,   -- 0 running, 1 paused, 2 stopped
    first_applied_at INTEGER NOT NULL,
    starts_at        INTEGER NOT NULL,
    ends_at          INTEGER,
    response_timeout INTEGER NOT NULL,   -- microseconds
    max_attempts     INTEGER NOT NULL,
    UNIQUE (account, name)
) STRICT;

-- AUTOINCREMENT: attempt ids are made from contact ids, so that a number that was taken out never comes back as another.
CREATE TABLE contact (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    phone   INTEGER UNIQUE,              -- E.164 without the plus
    wa_id   TEXT,                        -- only where it is not the phone's digits
    user_id TEXT
) STRICT;
CREATE INDEX contact_wa_id ON contact (wa_id) WHERE wa_id IS NOT NULL;
CREATE INDEX contact_user_id ON contact (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE suppressed (
    account TEXT NOT NULL,
    contact INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (contact, account)
) STRICT, WITHOUT ROWID;

-- Where a contact of a campaign stands: narrow, since every send changes it and counting reads all of it.
CREATE TABLE member (
    campaign INTEGER NOT NULL REFERENCES campaign (id),
    contact  INTEGER NOT NULL,
    state    INTEGER NOT NULL,           -- 0 fresh, 1 retry_due, 2 in_flight, 3 uncertain, 4 awaiting_response, 5 closed
    outcome  INTEGER,                    -- 0 answered, 1 no_answer, 2 failed, 3 fell_back, 4 skipped, 5 expired, 6 stopped, 7 uncertain
    due_at   INTEGER,                    -- fresh, retry_due: when to send; uncertain, awaiting_response: when to close
    counted  INTEGER NOT NULL DEFAULT 0, -- attempts, without those that were released
    attempt  INTEGER NOT NULL DEFAULT 0, -- the number of the latest attempt
    delivery INTEGER NOT NULL DEFAULT 0, -- 0 none, 1 accepted, 2 sent, 3 delivered, 4 read, 5 failed
    digest   INTEGER NOT NULL,           -- of member_values, to see a change without reading them
    reason   TEXT,                       -- of a skip
    PRIMARY KEY (campaign, contact),
    CHECK ((state = 5) = (outcome IS NOT NULL)),
    CHECK ((state IN (0, 1, 3, 4)) = (due_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX member_due ON member (campaign, due_at, contact) WHERE state < 2;
CREATE INDEX member_timeout ON member (campaign, due_at, contact) WHERE state IN (3, 4);

-- What sending to a contact needs: wide, written once and read once.
CREATE TABLE member_values (
    campaign  INTEGER NOT NULL,
    contact   INTEGER NOT NULL,
    language  TEXT NOT NULL,
    zones     TEXT NOT NULL,             -- comma-separated
    variables TEXT NOT NULL,             -- JSON
    opt_in    TEXT,
    list      TEXT NOT NULL,
    line      INTEGER NOT NULL,
    PRIMARY KEY (campaign, contact)
) STRICT, WITHOUT ROWID;

-- The key begins with the contact: claims go in the order of contacts, so that rows come in order, and the gaps between
-- templates are read by contact.
CREATE TABLE attempt (
    contact        INTEGER NOT NULL,
    campaign       INTEGER NOT NULL REFERENCES campaign (id),
    number         INTEGER NOT NULL,
    id             BLOB NOT NULL,
    state          INTEGER NOT NULL,     -- 0 in_flight, 1 accepted, 2 failed, 3 uncertain, 4 released
    template       TEXT NOT NULL,
    sender         TEXT NOT NULL,        -- the number's id at Meta
    fence          INTEGER NOT NULL,
    worker         TEXT NOT NULL,
    claimed_at     INTEGER NOT NULL,
    settled_at     INTEGER,
    message_id     TEXT,
    message_status TEXT,
    code           INTEGER,
    reason         TEXT,
    language       TEXT,                 -- what was sent, where member_values says something else since
    variables      TEXT,
    PRIMARY KEY (contact, campaign, number)
) STRICT, WITHOUT ROWID;
-- Only what is open is looked for by id, so that this index stays small and in memory.
CREATE UNIQUE INDEX attempt_open ON attempt (id) WHERE state IN (0, 3);
CREATE INDEX attempt_claimed ON attempt (campaign, claimed_at, contact) WHERE state <> 4;
