-- HOTP: after a step back in time nobody knows which codes were used. Until its owner has proved himself otherwise in the
-- same session, no code of it counts.
ALTER TABLE enrollment ADD COLUMN unsure INTEGER NOT NULL DEFAULT 0 CHECK (unsure IN (0, 1));

-- TOTP: steps spent while the wall clock ran ahead. They do not move `counter`: once the clock is right again, the steps
-- before them are to count.
CREATE TABLE spent_ahead(
  enrollment INTEGER NOT NULL REFERENCES enrollment(id) ON DELETE CASCADE,
  counter    INTEGER NOT NULL,
  PRIMARY KEY (enrollment, counter)
) STRICT, WITHOUT ROWID;
