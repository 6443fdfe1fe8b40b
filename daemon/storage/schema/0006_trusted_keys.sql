-- SSH keys that their users trust; a certificate is the key in it. What was proved then, and from which network, is kept:
-- where policy demands more, the key does not count.
CREATE TABLE trusted_key(
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  uid         INTEGER NOT NULL,
  name        TEXT    NOT NULL,
  fingerprint TEXT    NOT NULL,
  type        TEXT    NOT NULL,
  kind        INTEGER NOT NULL,
  strength    INTEGER NOT NULL,
  network     TEXT    NOT NULL,
  created     INTEGER NOT NULL,
  expires     INTEGER NOT NULL,
  last_used   INTEGER,
  uses        INTEGER NOT NULL DEFAULT 0,
  UNIQUE (uid, name, fingerprint)
) STRICT;
