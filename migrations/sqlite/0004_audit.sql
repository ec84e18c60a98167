-- Who changed what, and who was refused. Append-only, whoever writes here: rows are never changed, and leave only from
-- the old end and by age.
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  application TEXT NOT NULL,
  action TEXT NOT NULL,
  name TEXT NOT NULL,
  proof TEXT NOT NULL,
  source TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  reason TEXT NOT NULL,
  generation_before INTEGER NOT NULL,
  generation_after INTEGER NOT NULL,
  patch TEXT NOT NULL,
  denied INTEGER NOT NULL,
  status INTEGER NOT NULL,
  count INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_by_application ON audit (application, sequence);
CREATE INDEX audit_by_time ON audit (time);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only: its rows are never changed');
END;

-- INSERT OR REPLACE takes the row away that it replaces without asking the trigger of DELETE.
CREATE TRIGGER audit_is_never_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only: its rows are never replaced');
END;

-- How rows leave: this one number says up to which sequence they are pruned. It only grows, so what is gone is always
-- all that is oldest, without a gap, and the number tells that it is gone; and it passes no row of the last hour, the
-- shortest time that teald.yaml can ask for, by this machine's own clock. Moving it takes the rows away; nothing else
-- can, since the trigger of DELETE refuses every row that lies beyond.
CREATE TABLE audit_pruned (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  up_to INTEGER NOT NULL
) STRICT;
INSERT INTO audit_pruned VALUES (1, 0);

CREATE TRIGGER audit_is_pruned_by_age_only BEFORE UPDATE ON audit_pruned
WHEN NEW.only_row <> 1 OR NEW.up_to < OLD.up_to
  OR NEW.up_to > (SELECT coalesce(max(sequence), OLD.up_to) FROM audit)
  OR EXISTS (SELECT 1 FROM audit WHERE sequence <= NEW.up_to
             AND time > (CAST(strftime('%s', 'now') AS INTEGER) - 3600) * 1000)
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only: only its oldest rows are pruned, and none of the last hour');
END;

CREATE TRIGGER audit_prunes AFTER UPDATE ON audit_pruned
BEGIN
  DELETE FROM audit WHERE sequence <= NEW.up_to;
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
WHEN OLD.sequence > (SELECT up_to FROM audit_pruned)
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only: rows leave only by age');
END;

CREATE TRIGGER audit_pruned_stays BEFORE DELETE ON audit_pruned
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only: what was pruned stays on record');
END;

CREATE TRIGGER audit_pruned_is_one BEFORE INSERT ON audit_pruned
BEGIN
  SELECT RAISE(ABORT, 'the audit is append-only: what was pruned stays on record');
END;
