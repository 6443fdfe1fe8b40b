-- Where the audit trail begins: behind record `seq`, whose hash is kept; record `recorded` says that those before it
-- were removed.
CREATE TABLE audit_start(
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  seq      INTEGER NOT NULL,
  hash     BLOB    NOT NULL,
  recorded INTEGER NOT NULL
) STRICT;
INSERT INTO audit_start(id, seq, hash, recorded) VALUES (1, 0, zeroblob(32), 0);
DROP TRIGGER audit_is_never_shortened;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit WHEN OLD.seq > (SELECT seq FROM audit_start)
BEGIN SELECT RAISE(ABORT, 'the audit trail is shortened at its start alone'); END;
