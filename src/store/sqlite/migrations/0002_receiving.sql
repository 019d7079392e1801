-- What comes back: statuses, answers, opt-outs; and what they lead to.

ALTER TABLE attempt ADD COLUMN step INTEGER NOT NULL DEFAULT 0;      -- 0 the campaign's template, 1 its recontact template
ALTER TABLE attempt ADD COLUMN given_up INTEGER NOT NULL DEFAULT 0;  -- uncertain, and sent again: no gap is reckoned from it
ALTER TABLE attempt ADD COLUMN delivery INTEGER NOT NULL DEFAULT 0;  -- as in member
ALTER TABLE attempt ADD COLUMN sent_at INTEGER;
ALTER TABLE attempt ADD COLUMN delivered_at INTEGER;
ALTER TABLE attempt ADD COLUMN read_at INTEGER;
ALTER TABLE attempt ADD COLUMN failed_at INTEGER;
ALTER TABLE attempt ADD COLUMN pricing TEXT;                         -- the category that Meta charged
ALTER TABLE attempt ADD COLUMN billable INTEGER;

-- state: 6 waiting_lock, another campaign's interaction with the contact is open
ALTER TABLE member ADD COLUMN passing INTEGER NOT NULL DEFAULT 0;    -- closed as failed, for a passing reason or for want of attempts
ALTER TABLE member ADD COLUMN earlier INTEGER NOT NULL DEFAULT 0;    -- attempts of earlier rounds, that counted then
CREATE INDEX member_locked ON member (contact) WHERE state = 6;

ALTER TABLE campaign ADD COLUMN round INTEGER NOT NULL DEFAULT 0;

ALTER TABLE suppressed ADD COLUMN actor TEXT NOT NULL DEFAULT 'Meta';

-- Contacts that turned out to be another's: tags that are under way name them still.
CREATE TABLE merged (
    contact INTEGER PRIMARY KEY,
    into_contact INTEGER NOT NULL
) STRICT;
CREATE INDEX merged_into ON merged (into_contact);

-- A webhook that was received and not read yet.
CREATE TABLE inbox (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    at   INTEGER NOT NULL,
    body TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0     -- of a dead letter that is read again
) STRICT;

CREATE TABLE dead_letter (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    received_at INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    body        TEXT NOT NULL
) STRICT;

-- Statuses of messages that are not known (yet).
CREATE TABLE orphan (
    message_id TEXT NOT NULL,
    status     INTEGER NOT NULL,         -- 0 failed, 1 sent, 2 delivered, 3 read
    account    TEXT NOT NULL,
    at         INTEGER NOT NULL,
    received   INTEGER NOT NULL,
    code       INTEGER,
    reason     TEXT,
    contact    INTEGER,                  -- of a failure whose message is known by now: judged with the next intake
    PRIMARY KEY (message_id, status)
) STRICT, WITHOUT ROWID;
CREATE INDEX orphan_received ON orphan (received);
CREATE INDEX orphan_known ON orphan (contact) WHERE contact IS NOT NULL;

-- When an account's receiver began to run without a gap, and its last sign of life.
CREATE TABLE receiver (
    account TEXT PRIMARY KEY,
    since   INTEGER NOT NULL,
    last    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE inbound (
    contact    INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    account    TEXT NOT NULL,
    number     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    text       TEXT,
    payload    TEXT,
    context_id TEXT,
    campaign   INTEGER,                  -- that it answers
    raw        TEXT NOT NULL,
    PRIMARY KEY (contact, at, message_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX inbound_message ON inbound (message_id);

-- What a contact answered to a campaign: the first valid one, and a first late one.
CREATE TABLE answer (
    campaign   INTEGER NOT NULL,
    contact    INTEGER NOT NULL,
    kind       INTEGER NOT NULL,         -- 0 option, 1 other, 2 late
    at         INTEGER NOT NULL,
    option     TEXT,
    text       TEXT,
    message_id TEXT NOT NULL,
    PRIMARY KEY (campaign, contact, at, message_id)
) STRICT, WITHOUT ROWID;

-- The service window between a number and a person.
CREATE TABLE service_window (
    contact         INTEGER NOT NULL,
    account         TEXT NOT NULL,
    number          TEXT NOT NULL,
    last_inbound_at INTEGER NOT NULL,
    PRIMARY KEY (contact, account, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX service_window_last ON service_window (account, last_inbound_at, contact, number);

-- The latest word on marketing messages, so that an older one does not undo it.
CREATE TABLE preference (
    contact INTEGER NOT NULL,
    account TEXT NOT NULL,
    at      INTEGER NOT NULL,
    stop    INTEGER NOT NULL,
    PRIMARY KEY (contact, account)
) STRICT, WITHOUT ROWID;

-- The person behind a number may be another: held until acknowledged. An acknowledged one stays, with its time.
CREATE TABLE identity (
    contact INTEGER NOT NULL,
    account TEXT NOT NULL,
    at      INTEGER NOT NULL,
    hash    TEXT,
    reason  TEXT NOT NULL,
    acknowledged_at INTEGER,
    PRIMARY KEY (contact, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE suspect (
    contact  INTEGER NOT NULL,
    account  TEXT NOT NULL,
    code     INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    times    INTEGER NOT NULL,
    PRIMARY KEY (contact, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX suspect_last ON suspect (account, last_at);

CREATE TABLE halt (
    account TEXT NOT NULL,
    scope   INTEGER NOT NULL,            -- 0 account, 1 number, 2 template, 3 campaign
    subject TEXT NOT NULL,
    cause   INTEGER NOT NULL,            -- 0 stopped, 1 restored, 2 late, 3 meta, 4 refused
    code    INTEGER,
    reason  TEXT NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER,
    actor   TEXT NOT NULL,
    PRIMARY KEY (account, scope, subject, cause)
) STRICT, WITHOUT ROWID;

CREATE TABLE happening (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    account TEXT NOT NULL,
    subject TEXT NOT NULL,
    what    TEXT NOT NULL,
    text    TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
CREATE INDEX happening_subject ON happening (account, subject, at);
CREATE INDEX happening_at ON happening (at);

CREATE TABLE errand (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       INTEGER NOT NULL,         -- 0 reply, 1 handoff, 2 notify
    account    TEXT NOT NULL,
    name       TEXT NOT NULL,
    number     TEXT,
    key        TEXT NOT NULL UNIQUE,
    lane       TEXT NOT NULL,
    payload    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    state      INTEGER NOT NULL DEFAULT 0, -- 0 waiting, 1 in_flight, 2 done, 3 failed, 4 uncertain
    first      INTEGER NOT NULL,         -- none in its lane is open before it: a long lane is not walked to find what is due
    settled_at INTEGER,
    message_id TEXT,
    delivery   INTEGER NOT NULL DEFAULT 0,
    code       INTEGER,
    reason     TEXT
) STRICT;
CREATE INDEX errand_due ON errand (kind, due_at) WHERE state = 0 AND first = 1;
CREATE INDEX errand_lane ON errand (kind, name, lane, id) WHERE state < 2;
CREATE INDEX errand_reply ON errand (account, lane) WHERE kind = 0;
CREATE INDEX errand_state ON errand (kind, state);
CREATE INDEX errand_message ON errand (message_id) WHERE message_id IS NOT NULL;
