-- What webhooks were told, so that nothing is told twice; nothing of where or with what secret.
-- A row with an empty notice holds what is settled up to: the sequence of an event.
CREATE TABLE notifications (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook TEXT NOT NULL,
  notice TEXT NOT NULL,
  settled INTEGER NOT NULL,
  UNIQUE (webhook, notice)
) STRICT;
