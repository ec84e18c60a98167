-- Kept logs are bounded in size and age: when each was kept, and how large it is.
ALTER TABLE logs ADD COLUMN kept_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE logs ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
-- 1: the log is gone, its text says when and why.
ALTER TABLE logs ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;
UPDATE logs SET kept_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000, size = length(CAST(text AS BLOB));
CREATE INDEX logs_by_age ON logs (pruned, kept_at, size);
