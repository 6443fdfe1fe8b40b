-- HOTP: the counter that a code too far ahead calls for. Only the answer right after it may be that counter's code.
ALTER TABLE enrollment ADD COLUMN awaited INTEGER;
