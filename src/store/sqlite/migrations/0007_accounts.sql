-- Which account at Meta each declared account is: a state is never applied to another one.
CREATE TABLE bound_account (
    name TEXT PRIMARY KEY,
    waba_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
