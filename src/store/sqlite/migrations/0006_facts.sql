-- What the owner had decided of an object (status, quality, category) when it was written or found: what it has moved since is
-- told from this. None of what was remembered before.
ALTER TABLE applied ADD COLUMN facts TEXT;
