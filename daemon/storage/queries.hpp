#pragma once

#include <string_view>

// Every SQL text of the daemon. What checks and writes is one statement, and the writer looks at how many rows it
// changed: nothing is read first and updated later.

namespace stepup::queries {

inline constexpr std::string_view begin = "BEGIN IMMEDIATE";
inline constexpr std::string_view commit = "COMMIT";
inline constexpr std::string_view rollback = "ROLLBACK";
inline constexpr std::string_view savepoint = "SAVEPOINT job";
inline constexpr std::string_view release = "RELEASE job";
inline constexpr std::string_view rollback_to = "ROLLBACK TO job";

// The file as a whole.
inline constexpr std::string_view version = "PRAGMA user_version";
inline constexpr std::string_view application = "PRAGMA application_id";
inline constexpr std::string_view anything_in_it = "SELECT count(*) FROM sqlite_schema";
inline constexpr std::string_view quick_check = "PRAGMA quick_check(1)";
inline constexpr std::string_view journal_mode = "PRAGMA journal_mode";
inline constexpr std::string_view fill_scratch
    = "WITH RECURSIVE page(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM page WHERE n < ?1)"
      " INSERT INTO scratch SELECT zeroblob(3000) FROM page";
inline constexpr std::string_view empty_scratch = "DELETE FROM scratch";
inline constexpr std::string_view mark_scratch = "INSERT OR REPLACE INTO scratch(rowid, filler) VALUES (1, ?1)";

inline constexpr std::string_view data_version = "PRAGMA data_version";

// What the store knows of itself.
inline constexpr std::string_view read_meta = "SELECT value FROM meta WHERE name = ?1";
inline constexpr std::string_view write_meta
    = "INSERT INTO meta(name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
inline constexpr std::string_view drop_meta = "DELETE FROM meta WHERE name = ?1";
inline constexpr std::string_view anything_sealed = "SELECT EXISTS (SELECT 1 FROM enrollment)";

// Enrollments.
inline constexpr std::string_view enrollments
    = "SELECT id, kind, label, active, is_primary, created, last_used, oath_hash, digits, period, issued, unsure,"
      " CASE WHEN issued > 0 THEN"
      "  (SELECT count(*) FROM recovery_code WHERE enrollment = e.id AND used_at IS NULL) ELSE 0 END, expires"
      " FROM enrollment AS e WHERE uid = ?1 AND name = ?2 AND (active = 1 OR created >= ?3)"
      " AND (expires IS NULL OR expires > ?4)";
inline constexpr std::string_view sealed_seed
    = "SELECT kind, key_epoch, sealed, counter, awaited FROM enrollment WHERE id = ?1 AND uid = ?2 AND name = ?3";
inline constexpr std::string_view sealed_code
    = "SELECT c.id, c.key_epoch, c.sealed FROM recovery_code AS c JOIN enrollment AS e ON e.id = c.enrollment"
      " WHERE e.id = ?1 AND e.uid = ?2 AND e.name = ?3 AND e.active = 1 AND c.public = ?4 AND c.used_at IS NULL";

// What an administrator sees: (kind of recovery sets, now, then whom).
#define ACCOUNT_SUMMARY                                                                                                \
    "SELECT uid, name, count(*) FILTER (WHERE active = 1 AND issued = 0), max(last_used),"                             \
    " sum(CASE WHEN kind = ?1 THEN issued ELSE 0 END),"                                                                \
    " sum(CASE WHEN kind = ?1 THEN"                                                                                    \
    "  (SELECT count(*) FROM recovery_code WHERE enrollment = e.id AND used_at IS NULL) ELSE 0 END),"                  \
    " max(CASE WHEN expires > ?2 AND EXISTS"                                                                           \
    "  (SELECT 1 FROM recovery_code WHERE enrollment = e.id AND used_at IS NULL) THEN expires END)"                    \
    " FROM enrollment AS e WHERE "
inline constexpr std::string_view account_summary = ACCOUNT_SUMMARY "uid = ?3 AND name = ?4 GROUP BY uid, name";
inline constexpr std::string_view account_summaries
    = ACCOUNT_SUMMARY "(uid, name) > (?3, ?4) GROUP BY uid, name HAVING max(active) = 1 ORDER BY uid, name LIMIT ?5";
#undef ACCOUNT_SUMMARY

inline constexpr std::string_view drop_expired_enrollments
    = "DELETE FROM enrollment WHERE uid = ?1 AND name = ?2 AND active = 0 AND created < ?3";
inline constexpr std::string_view drop_surplus_enrollments
    = "DELETE FROM enrollment WHERE active = 0 AND id IN (SELECT id FROM enrollment"
      " WHERE uid = ?1 AND name = ?2 AND active = 0 ORDER BY id DESC LIMIT -1 OFFSET ?3)";
inline constexpr std::string_view insert_enrollment
    = "INSERT INTO enrollment(uid, name, kind, label, active, created, oath_hash, digits, period, issued, key_epoch,"
      " counter, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
inline constexpr std::string_view seal_enrollment = "UPDATE enrollment SET sealed = ?2 WHERE id = ?1";
inline constexpr std::string_view confirm_enrollment
    = "UPDATE enrollment SET active = 1, counter = ?4, awaited = NULL"
      " WHERE id = ?1 AND uid = ?2 AND name = ?3 AND active = 0 AND created >= ?5";
inline constexpr std::string_view is_active
    = "SELECT 1 FROM enrollment WHERE id = ?1 AND uid = ?2 AND name = ?3 AND active = 1";
inline constexpr std::string_view kinds_of_account
    = "SELECT kind FROM enrollment WHERE uid = ?1 AND name = ?2 AND active = 1 AND issued = 0";
inline constexpr std::string_view has_factor
    = "SELECT 1 FROM enrollment WHERE uid = ?1 AND name = ?2 AND active = 1 AND issued = 0 LIMIT 1";
/// Makes the oldest factor primary where none is.
inline constexpr std::string_view choose_primary
    = "UPDATE enrollment SET is_primary = 1 WHERE id ="
      " (SELECT min(id) FROM enrollment WHERE uid = ?1 AND name = ?2 AND active = 1 AND issued = 0)"
      " AND NOT EXISTS (SELECT 1 FROM enrollment WHERE uid = ?1 AND name = ?2 AND is_primary = 1)";
inline constexpr std::string_view delete_enrollment = "DELETE FROM enrollment WHERE id = ?1 AND uid = ?2 AND name = ?3";
inline constexpr std::string_view delete_sets = "DELETE FROM enrollment WHERE uid = ?1 AND name = ?2 AND kind = ?3";
inline constexpr std::string_view void_unused
    = "DELETE FROM enrollment WHERE uid = ?1 AND name = ?2 AND kind = ?3 AND EXISTS"
      " (SELECT 1 FROM recovery_code AS c WHERE c.enrollment = enrollment.id AND c.used_at IS NULL)";
inline constexpr std::string_view rename_enrollment
    = "UPDATE enrollment SET label = ?4 WHERE id = ?1 AND uid = ?2 AND name = ?3 AND active = 1 AND issued = 0";
/// All of the account's rows change, or none where ?1 is none of its active factors.
inline constexpr std::string_view set_primary
    = "UPDATE enrollment SET is_primary = (id = ?1) WHERE uid = ?2 AND name = ?3 AND EXISTS (SELECT 1 FROM enrollment"
      " WHERE id = ?1 AND uid = ?2 AND name = ?3 AND active = 1 AND issued = 0)";
inline constexpr std::string_view count_factors
    = "SELECT count(*) FROM enrollment WHERE uid = ?1 AND name = ?2 AND active = 1 AND issued = 0";
inline constexpr std::string_view delete_all_of_account = "DELETE FROM enrollment WHERE uid = ?1 AND name = ?2";
inline constexpr std::string_view drop_out_of_date = "DELETE FROM enrollment WHERE expires <= ?1";
inline constexpr std::string_view insert_code
    = "INSERT INTO recovery_code(enrollment, public, key_epoch) VALUES (?1, ?2, ?3)";
inline constexpr std::string_view seal_code = "UPDATE recovery_code SET sealed = ?2 WHERE id = ?1";

// Spending: exactly one row, or it was spent before.
inline constexpr std::string_view spend_counter
    = "UPDATE enrollment SET counter = ?4, last_used = ?5, awaited = NULL, unsure = 0"
      " WHERE id = ?1 AND uid = ?2 AND name = ?3 AND active = 1 AND counter < ?4 AND (?6 IS NULL OR awaited = ?6)"
      " AND NOT EXISTS (SELECT 1 FROM spent_ahead WHERE enrollment = ?1 AND counter = ?4)"
      " AND (unsure = 0 OR EXISTS (SELECT 1 FROM verification WHERE uid = ?2 AND name = ?3 AND boot = ?7"
      " AND session = ?8 AND session <> ''))";
inline constexpr std::string_view spend_ahead
    = "INSERT OR IGNORE INTO spent_ahead(enrollment, counter) SELECT id, ?4 FROM enrollment"
      " WHERE id = ?1 AND uid = ?2 AND name = ?3 AND active = 1 AND counter < ?4";
inline constexpr std::string_view forget_passed_ahead
    = "DELETE FROM spent_ahead WHERE counter <= (SELECT counter FROM enrollment WHERE id = spent_ahead.enrollment)";
inline constexpr std::string_view is_unsure
    = "SELECT 1 FROM enrollment WHERE id = ?1 AND uid = ?2 AND name = ?3 AND active = 1 AND unsure = 1";
inline constexpr std::string_view kind_of_pending
    = "SELECT kind FROM enrollment WHERE id = ?1 AND uid = ?2 AND name = ?3 AND active = 0";
inline constexpr std::string_view spend_code
    = "UPDATE recovery_code SET used_at = ?5 WHERE id = ?4 AND enrollment = ?1 AND used_at IS NULL"
      " AND EXISTS (SELECT 1 FROM enrollment WHERE id = ?1 AND uid = ?2 AND name = ?3 AND active = 1"
      " AND (expires IS NULL OR expires > ?5))";
inline constexpr std::string_view await_counter
    = "UPDATE enrollment SET awaited = ?4 WHERE id = ?1 AND uid = ?2 AND name = ?3";
inline constexpr std::string_view is_behind
    = "SELECT 1 FROM enrollment WHERE id = ?1 AND uid = ?2 AND name = ?3 AND active = 1 AND counter < ?4";
/// What is not used up: only a factor that is there still counts.
inline constexpr std::string_view use_factor
    = "UPDATE enrollment SET last_used = ?4 WHERE id = ?1 AND uid = ?2 AND name = ?3 AND active = 1";
inline constexpr std::string_view touch_enrollment = "UPDATE enrollment SET last_used = ?2 WHERE id = ?1";
inline constexpr std::string_view codes_left
    = "SELECT count(*) FROM recovery_code WHERE enrollment = ?1 AND used_at IS NULL";

// Failures.
inline constexpr std::string_view read_failures
    = "SELECT count, boot, not_before, locked_until, locked_until_wall, last_wall FROM failure WHERE whose = ?1";
inline constexpr std::string_view write_failures
    = "INSERT INTO failure(whose, count, boot, not_before, locked_until, locked_until_wall, last_wall)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (whose) DO UPDATE SET count = ?2, boot = ?3, not_before = ?4,"
      " locked_until = ?5, locked_until_wall = ?6, last_wall = ?7";
inline constexpr std::string_view clear_failures = "DELETE FROM failure WHERE whose = ?1";
inline constexpr std::string_view unlock = "DELETE FROM failure WHERE whose = ?1 RETURNING count";
inline constexpr std::string_view forget_sources = "DELETE FROM failure WHERE whose >= 'source:' AND whose < 'source;' "
                                                   "AND last_wall < ?1 AND locked_until_wall < ?1";

// Verifications.
inline constexpr std::string_view verifications
    = "SELECT id, enrollment, kind, strength, at, service, asker_pid, asker_start, parent_pid, parent_start, binding,"
      " session, opener_pid, opener_start, leader_pid, leader_start, terminal"
      " FROM verification WHERE uid = ?1 AND name = ?2 AND boot = ?3 AND at >= ?4 ORDER BY at DESC, id DESC LIMIT ?5";
inline constexpr std::string_view insert_verification
    = "INSERT INTO verification(boot, uid, name, enrollment, kind, strength, at, service, asker_pid, asker_start,"
      " parent_pid, parent_start, binding, session, opener_pid, opener_start, leader_pid, leader_start, terminal)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";
inline constexpr std::string_view forget_old_of_account = "DELETE FROM verification WHERE uid = ?1 AND at < ?2";
inline constexpr std::string_view forget_old = "DELETE FROM verification WHERE at < ?1";
inline constexpr std::string_view forget_other_boots = "DELETE FROM verification WHERE boot <> ?1";
inline constexpr std::string_view attach
    = "UPDATE verification SET binding = ?9, opener_pid = ?4, opener_start = ?5,"
      " session = CASE WHEN ?7 <> '' AND ?7 <> session THEN ?7 ELSE ?11 END"
      " WHERE binding = ?8 AND uid = ?1 AND name = ?2 AND boot = ?3 AND at BETWEEN ?12 AND ?10"
      " AND (asker_pid, asker_start) = (SELECT asker_pid, asker_start FROM verification"
      " WHERE uid = ?1 AND name = ?2 AND boot = ?3 AND binding = ?8 AND at BETWEEN ?6 AND ?10"
      " AND ((asker_pid = ?4 AND asker_start = ?5) OR (parent_pid = ?4 AND parent_start = ?5))"
      " ORDER BY at DESC, id DESC LIMIT 1)";
inline constexpr std::string_view latch = "UPDATE verification SET terminal = ?3, leader_pid = ?4, leader_start = ?5"
                                          " WHERE id = ?1 AND boot = ?2 AND binding = ?6 AND terminal = 0";
inline constexpr std::string_view is_latched = "SELECT 1 FROM verification WHERE id = ?1 AND boot = ?2 AND terminal = "
                                               "?3 AND leader_pid = ?4 AND leader_start = ?5";
inline constexpr std::string_view forget_bound_to_nothing
    = "DELETE FROM verification WHERE uid = ?1 AND name = ?2 AND binding = ?3";
inline constexpr std::string_view end_windows = "DELETE FROM verification WHERE uid = ?1 AND name = ?2";
inline constexpr std::string_view end_windows_of_all = "DELETE FROM verification RETURNING uid, name";
/// A pending one is of no session yet: what stands there is where its asker stood.
inline constexpr std::string_view end_windows_in_session
    = "DELETE FROM verification WHERE boot = ?1 AND session = ?2 AND binding <> ?3 RETURNING uid, name";
inline constexpr std::string_view verified_accounts
    = "SELECT uid, name FROM verification WHERE boot = ?1 UNION SELECT uid, name FROM trusted_key";
inline constexpr std::string_view end_windows_of_session
    = "DELETE FROM verification WHERE uid = ?1 AND name = ?2 AND boot = ?3"
      " AND ((session <> '' AND session IN (?4, ?5)) OR (?6 <> 0 AND opener_pid = ?6 AND opener_start = ?7)"
      " OR (terminal <> 0 AND terminal = ?8 AND leader_pid = ?9 AND leader_start = ?10))";

// Keys that their users trust.
inline constexpr std::string_view trusted_keys
    = "SELECT id, fingerprint, type, kind, strength, network, created, expires, last_used, uses FROM trusted_key"
      " WHERE uid = ?1 AND name = ?2 AND expires > ?3 ORDER BY id";
/// Only while the enrollment ?10, which was proved for it, is there.
inline constexpr std::string_view trust_key
    = "INSERT INTO trusted_key(uid, name, fingerprint, type, kind, strength, network, created, expires)"
      " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 FROM enrollment"
      " WHERE id = ?10 AND uid = ?1 AND name = ?2 AND active = 1"
      " ON CONFLICT (uid, name, fingerprint) DO UPDATE SET type = ?4, kind = ?5, strength = ?6, network = ?7,"
      " created = ?8, expires = ?9, last_used = NULL, uses = 0";
inline constexpr std::string_view use_key = "UPDATE trusted_key SET last_used = ?4, uses = uses + 1"
                                            " WHERE id = ?1 AND uid = ?2 AND name = ?3 AND expires > ?4";
inline constexpr std::string_view forget_key = "DELETE FROM trusted_key WHERE id = ?1 AND uid = ?2 AND name = ?3";
inline constexpr std::string_view forget_keys = "DELETE FROM trusted_key WHERE uid = ?1 AND name = ?2";
inline constexpr std::string_view forget_keys_of_all = "DELETE FROM trusted_key";
inline constexpr std::string_view drop_expired_keys = "DELETE FROM trusted_key WHERE expires <= ?1";
inline constexpr std::string_view drop_surplus_keys
    = "DELETE FROM trusted_key WHERE id IN (SELECT id FROM trusted_key"
      " WHERE uid = ?1 AND name = ?2 ORDER BY created DESC, id DESC LIMIT -1 OFFSET ?3)";

// Habits.
inline constexpr std::string_view was_seen
    = "SELECT 1 FROM seen WHERE uid = ?1 AND name = ?2 AND kind = ?3 AND value = ?4";
inline constexpr std::string_view saw_again
    = "UPDATE seen SET last = max(last, ?5) WHERE uid = ?1 AND name = ?2 AND kind = ?3 AND value = ?4";
inline constexpr std::string_view saw = "INSERT INTO seen(uid, name, kind, value, last) VALUES (?1, ?2, ?3, ?4, ?5)";
inline constexpr std::string_view forget_surplus_seen
    = "DELETE FROM seen WHERE uid = ?1 AND name = ?2 AND kind = ?3 AND value IN (SELECT value FROM seen"
      " WHERE uid = ?1 AND name = ?2 AND kind = ?3 ORDER BY last DESC LIMIT -1 OFFSET ?4)";
inline constexpr std::string_view forget_seen = "DELETE FROM seen WHERE uid = ?1 AND name = ?2";
inline constexpr std::string_view forget_seen_before = "DELETE FROM seen WHERE last < ?1";
inline constexpr std::string_view forget_all_seen = "DELETE FROM seen";
inline constexpr std::string_view habit = "SELECT first_required, password_changed FROM habit"
                                          " WHERE uid = ?1 AND name = ?2";
/// One that is later than ?3 was noted while the clock ran ahead.
inline constexpr std::string_view first_required
    = "INSERT INTO habit(uid, name, first_required) VALUES (?1, ?2, ?3) ON CONFLICT (uid, name)"
      " DO UPDATE SET first_required = min(coalesce(first_required, ?3), ?3) RETURNING first_required";
inline constexpr std::string_view password_changed
    = "INSERT INTO habit(uid, name, password_changed) VALUES (?1, ?2, ?3) ON CONFLICT (uid, name)"
      " DO UPDATE SET password_changed = ?3";
inline constexpr std::string_view verified_since
    = "UPDATE habit SET password_changed = NULL WHERE uid = ?1 AND name = ?2 AND password_changed IS NOT NULL";

// Sealing all anew, some rows at a time.
inline constexpr std::string_view sealed_enrollments
    = "SELECT id, uid, name, kind, sealed FROM enrollment WHERE id > ?1 AND sealed IS NOT NULL ORDER BY id LIMIT ?2";
inline constexpr std::string_view sealed_codes
    = "SELECT c.id, e.uid, e.name, e.kind, c.sealed FROM recovery_code AS c JOIN enrollment AS e ON e.id = c.enrollment"
      " WHERE c.id > ?1 AND c.sealed IS NOT NULL ORDER BY c.id LIMIT ?2";
inline constexpr std::string_view reseal_enrollment = "UPDATE enrollment SET sealed = ?2, key_epoch = ?3 WHERE id = ?1";
inline constexpr std::string_view reseal_code = "UPDATE recovery_code SET sealed = ?2, key_epoch = ?3 WHERE id = ?1";

// After a step back in time.
inline constexpr std::string_view forget_all = "DELETE FROM verification";
inline constexpr std::string_view drop_started = "DELETE FROM enrollment WHERE active = 0 OR expires IS NOT NULL";
inline constexpr std::string_view spend_until
    = "UPDATE enrollment SET counter = max(counter, ?1 / period + ?2) WHERE kind = ?3";
inline constexpr std::string_view doubt_counters = "UPDATE enrollment SET unsure = 1, awaited = NULL WHERE kind = ?1";

// What people and programs are told.
inline constexpr std::string_view enqueue
    = "INSERT INTO event(at_wall, kind, uid, user, payload) VALUES (?1, ?2, ?3, ?4, ?5)";
inline constexpr std::string_view forget_surplus_events
    = "DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?1";
inline constexpr std::string_view queued_after
    = "SELECT id, at_wall, kind, uid, user, payload FROM event WHERE id > ?1 ORDER BY id LIMIT ?2";
inline constexpr std::string_view forget_events = "DELETE FROM event WHERE id <= ?1";

// The audit trail.
inline constexpr std::string_view hash_in_chain = "SELECT hash FROM audit WHERE seq = ?1";
inline constexpr std::string_view last_of_chain = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";
inline constexpr std::string_view append_audit
    = "INSERT INTO audit(seq, at_wall, at_boot, boot, event, uid, user, service, fields, hash)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
#define AUDIT_ROWS "SELECT seq, at_wall, at_boot, boot, event, uid, user, service, fields, hash FROM audit WHERE "
inline constexpr std::string_view audit_after = AUDIT_ROWS "seq > ?1 ORDER BY seq LIMIT ?2";
inline constexpr std::string_view audit_before = AUDIT_ROWS "seq < ?1 ORDER BY seq DESC LIMIT ?2";
inline constexpr std::string_view audit_at = AUDIT_ROWS "seq = ?1";
#undef AUDIT_ROWS
inline constexpr std::string_view audit_newest = "SELECT at_wall FROM audit ORDER BY seq DESC LIMIT 1";
/// The last of the first ?2 records up to which all are older than ?1; that is 0 less than the first if none is.
inline constexpr std::string_view old_until = "SELECT coalesce(min(CASE WHEN at_wall >= ?1 THEN seq END) - 1, max(seq))"
                                              " FROM (SELECT seq, at_wall FROM audit ORDER BY seq LIMIT ?2)";
inline constexpr std::string_view remove_until = "DELETE FROM audit WHERE seq <= ?1";
inline constexpr std::string_view start_audit_behind
    = "UPDATE audit_start SET seq = ?1, hash = ?2, recorded = ?3 WHERE seq < ?1";
inline constexpr std::string_view knows_audit_start
    = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'audit_start'";
inline constexpr std::string_view audit_start = "SELECT seq, hash, recorded FROM audit_start";
inline constexpr std::string_view audit_head = "SELECT max(seq) FROM audit";

}  // namespace stepup::queries
