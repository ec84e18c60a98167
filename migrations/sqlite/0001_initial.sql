-- Teal's own memory. Records are JSON documents (controllers/record_json.hpp); columns are what queries need.
CREATE TABLE identity (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  owner TEXT NOT NULL
) STRICT;

CREATE TABLE applications (
  name TEXT PRIMARY KEY,
  record TEXT NOT NULL
) STRICT;

CREATE TABLE rollouts (
  application TEXT NOT NULL,
  revision INTEGER NOT NULL,
  version INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (application, revision)
) STRICT;
CREATE INDEX rollouts_by_start ON rollouts (started_at, application, revision);

-- Migration jobs that succeeded, per image digest: a job is never skipped without a row here.
CREATE TABLE migrated (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  application TEXT NOT NULL,
  image_digest TEXT NOT NULL,
  job TEXT NOT NULL,
  UNIQUE (application, image_digest, job)
) STRICT;

CREATE TABLE events (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  application TEXT NOT NULL,
  time INTEGER NOT NULL,
  warning INTEGER NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  object TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_application ON events (application, sequence);

CREATE TABLE logs (
  application TEXT NOT NULL,
  revision INTEGER NOT NULL,
  source TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (application, revision, source)
) STRICT;
