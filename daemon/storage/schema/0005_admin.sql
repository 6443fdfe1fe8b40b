-- A code that an administrator handed out counts until then.
ALTER TABLE enrollment ADD COLUMN expires INTEGER;
-- What people and programs are to be told, until it was carried there; too many, and the oldest go.
CREATE TABLE event(
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  at_wall INTEGER NOT NULL,
  kind    TEXT    NOT NULL,
  uid     INTEGER NOT NULL,
  user    TEXT    NOT NULL,
  payload TEXT    NOT NULL
) STRICT;
