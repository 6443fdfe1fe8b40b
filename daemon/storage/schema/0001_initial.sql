-- Moments are milliseconds: *_wall, created, last_used and used_at since 1970-01-01 UTC, the others of CLOCK_BOOTTIME.
-- An account is a uid and a name: a recycled one of either inherits nothing.

CREATE TABLE meta(
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Ids are never used again: what is sealed is sealed for its row.
CREATE TABLE enrollment(
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  uid        INTEGER NOT NULL,
  name       TEXT    NOT NULL,
  kind       INTEGER NOT NULL,
  label      TEXT    NOT NULL,
  active     INTEGER NOT NULL CHECK (active IN (0, 1)),
  is_primary INTEGER NOT NULL DEFAULT 0 CHECK (is_primary IN (0, 1)),
  created    INTEGER NOT NULL,
  last_used  INTEGER,
  counter    INTEGER NOT NULL DEFAULT 0,
  oath_hash  INTEGER NOT NULL DEFAULT 0,
  digits     INTEGER NOT NULL DEFAULT 6,
  period     INTEGER NOT NULL DEFAULT 30,
  issued     INTEGER NOT NULL DEFAULT 0,
  key_epoch  INTEGER NOT NULL DEFAULT 1,
  sealed     BLOB,
  UNIQUE (uid, name, label)
) STRICT;

CREATE TABLE recovery_code(
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  enrollment INTEGER NOT NULL REFERENCES enrollment(id) ON DELETE CASCADE,
  public     TEXT    NOT NULL,
  key_epoch  INTEGER NOT NULL DEFAULT 1,
  sealed     BLOB,
  used_at    INTEGER,
  UNIQUE (enrollment, public)
) STRICT;

-- Who proved what; an ended one is deleted.
CREATE TABLE verification(
  id           INTEGER PRIMARY KEY,
  boot         TEXT    NOT NULL,
  uid          INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  enrollment   INTEGER NOT NULL,
  kind         INTEGER NOT NULL,
  strength     INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  service      TEXT    NOT NULL,
  asker_pid    INTEGER NOT NULL,
  asker_start  INTEGER NOT NULL,
  parent_pid   INTEGER NOT NULL,
  parent_start INTEGER NOT NULL,
  binding      INTEGER NOT NULL,
  session      TEXT    NOT NULL,
  opener_pid   INTEGER NOT NULL,
  opener_start INTEGER NOT NULL,
  leader_pid   INTEGER NOT NULL,
  leader_start INTEGER NOT NULL,
  terminal     INTEGER NOT NULL
) STRICT;
CREATE INDEX verification_of_account ON verification(uid, at);

-- Failures in a row, of an account or from a source.
CREATE TABLE failure(
  whose             TEXT PRIMARY KEY,
  count             INTEGER NOT NULL,
  boot              TEXT    NOT NULL,
  not_before        INTEGER NOT NULL,
  locked_until      INTEGER NOT NULL,
  locked_until_wall INTEGER NOT NULL,
  last_wall         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every row's hash covers the row and the hash before it.
CREATE TABLE audit(
  seq     INTEGER PRIMARY KEY,
  at_wall INTEGER NOT NULL,
  at_boot INTEGER NOT NULL,
  boot    TEXT    NOT NULL,
  event   TEXT    NOT NULL,
  uid     INTEGER NOT NULL,
  user    TEXT    NOT NULL,
  service TEXT    NOT NULL,
  fields  TEXT    NOT NULL,
  hash    BLOB    NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- Written once at start to make the write-ahead log long enough (database.cpp).
CREATE TABLE scratch(filler BLOB) STRICT;
