-- By what later attempts of an account are nothing new: kind as in Sighting::Kind; times by the wall clock.
CREATE TABLE seen(
  uid   INTEGER NOT NULL,
  name  TEXT    NOT NULL,
  kind  INTEGER NOT NULL,
  value TEXT    NOT NULL,
  last  INTEGER NOT NULL,
  PRIMARY KEY (uid, name, kind, value)
) STRICT, WITHOUT ROWID;
-- What else is remembered of an account: its first login that could have been refused for want of a factor, and when
-- its password was changed with nothing verified since; by the wall clock.
CREATE TABLE habit(
  uid              INTEGER NOT NULL,
  name             TEXT    NOT NULL,
  first_required   INTEGER,
  password_changed INTEGER,
  PRIMARY KEY (uid, name)
) STRICT, WITHOUT ROWID;
