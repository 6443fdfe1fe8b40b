#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "common/covers.hpp"
#include "daemon/core/event.hpp"

namespace stepup {

/// syslog(3)'s words for how much an event matters.
enum class Priority : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6 };

/// One row of the catalogue. Ids, names and message ids are for ever: people search for them.
struct EventRow {
    Event event;
    std::string_view id;    ///< in the audit trail
    std::string_view name;  ///< beside the id, for people
    Priority priority;
    std::string_view message_id;  ///< journald's MESSAGE_ID
    std::string_view fields;      ///< those it may have beside user, uid and service
    std::string_view meaning;
    bool queued = false;  ///< also put into the queue of what people and programs are told
};

constexpr std::array event_rows{
    EventRow{Event::factor_accepted, "MFA-1001", "factor-accepted", Priority::info, "34c07eafe2b5438090576cebb0857137",
             "factor enrollment key source session signals why for", "A factor was proved; what it used up is spent."},
    EventRow{
        Event::factor_refused, "MFA-1002", "factor-refused", Priority::notice, "9e76273f2e24441fa86e013e00349ede",
        "left_out factor enrollment key source session signals why for",
        "An answer was wrong, or nothing was asked because no answer could be right; counted if it was an answer."},
    EventRow{Event::replay_refused, "MFA-1003", "replay-refused", Priority::warning, "2674c8d619f64e619c3f3cd80e36041f",
             "factor enrollment source session signals why for",
             "An answer was right but had been used before; counted as a failure."},
    EventRow{Event::locked, "MFA-1004", "locked", Priority::warning, "242fa09c39e54f11b8c3ffd4733c1af9",
             "failures factor enrollment source session signals for", "This failure locked the account.", true},
    EventRow{Event::refused_while_locked, "MFA-1005", "refused-while-locked", Priority::notice,
             "ec0969fc8bf04893b200882acb1a993a", "left_out factor enrollment key source session signals for",
             "An answer was not judged because the account or its source is locked."},
    EventRow{Event::passed_by_window, "MFA-1101", "passed-by-window", Priority::info,
             "7a7bde70edb54587a1e0364e3a5fc659", "source session signals factor",
             "A recent verification was enough; nothing was asked."},
    EventRow{Event::passed_by_key_only, "MFA-1102", "passed-by-key-only", Priority::notice,
             "7e4bd2a9dfac4fab8d510339e2bb9afc", "left_out source session signals",
             "sshd let the user in by public key alone and policy allows that."},
    EventRow{Event::not_enrolled, "MFA-1103", "not-enrolled", Priority::notice, "0acc620b0c644933af91195e3cc8d893",
             "left_out source session signals", "A factor is required and the user has none; refused."},
    EventRow{Event::peer_refused, "MFA-1104", "peer-refused", Priority::warning, "34f09596fab240ef913a1c4c839a654c",
             "claimed why left_out source session", "A program asked for what it may not ask for."},
    EventRow{Event::answer_withdrawn, "MFA-1105", "answer-withdrawn", Priority::info,
             "6762b3fc0ec34b67ad0067e8cc074f4a", "why left_out source session signals",
             "The program gave up before an answer was given; not counted."},
    EventRow{Event::session_attached, "MFA-1106", "session-attached", Priority::info,
             "b209dea1d3f4446e9b09e31b7452a690", "source session",
             "A login's verification was given to the session it opened."},
    EventRow{Event::windows_ended, "MFA-1107", "windows-ended", Priority::info, "9e55b8e967e74b26893b877f895dd890",
             "windows why source session", "Recent verifications were ended."},
    EventRow{Event::enrollment_started, "MFA-1201", "enrollment-started", Priority::info,
             "17b8390858d34974b07d7640d6b03861", "factor label session",
             "A secret was shown; it counts for nothing until its first code."},
    EventRow{Event::enrollment_confirmed, "MFA-1202", "enrollment-confirmed", Priority::notice,
             "920d97e618254c168b6ac7addfe8dd3b", "factor label session",
             "A factor is active from now on; recent verifications were ended.", true},
    EventRow{Event::factor_removed, "MFA-1203", "factor-removed", Priority::notice, "d7271004beee4ecdb23bc101ccde6462",
             "factor label session", "A factor, or a started enrollment, is gone.", true},
    EventRow{Event::recovery_codes_issued, "MFA-1204", "recovery-codes-issued", Priority::notice,
             "e13ef14390494cfd96edb81e6fa1aaaa", "codes factor label session",
             "New recovery codes were shown; those before are void.", true},
    EventRow{Event::recovery_code_used, "MFA-1205", "recovery-code-used", Priority::warning,
             "3f124c39a7954cc0b20f66236adf1709", "left factor enrollment source session signals",
             "A recovery code was spent; the user may have lost a factor.", true},
    EventRow{Event::step_up_demanded, "MFA-1301", "step-up-demanded", Priority::info,
             "c3dabb853da5401da79e922f4c4e6ca3", "for session", "A change needs a recent verification first."},
    EventRow{Event::password_changed, "MFA-1302", "password-changed", Priority::info,
             "b0f7fa8eb29f4c2db4be0f5cccb0a00b", "source session", "The user's password was changed.", true},
    EventRow{Event::daemon_started, "MFA-1901", "daemon-started", Priority::info, "d7f1618e42e944968850c854064f0fa5",
             "version store", "stepupd answers from now on."},
    EventRow{Event::daemon_stopped, "MFA-1902", "daemon-stopped", Priority::info, "19498e8db5714adf867cab747ea72cbc",
             "", "stepupd stopped as it was asked to."},
    EventRow{Event::policy_loaded, "MFA-1903", "policy-loaded", Priority::info, "c9e92b3d00d54a5398e956de8c534c3b",
             "from", "A policy is in force."},
    EventRow{Event::policy_refused, "MFA-1904", "policy-refused", Priority::error, "120b1645c1ad4034ae1e579ee43bcfa7",
             "in_force", "The policy file is wrong; another policy stays in force.", true},
    EventRow{Event::chain_anchored, "MFA-1911", "chain-anchored", Priority::info, "ee3cc6ed7aac41be9e806d200edf53fb",
             "seq hash", "Where the audit chain ends; in the journal alone."},
    EventRow{Event::mirror_lost, "MFA-1912", "mirror-lost", Priority::warning, "477974e85c3746d883bae21a59f9a1e4",
             "lost", "The journal hung and missed so many events; the database has them. In the journal alone."},
    EventRow{Event::trail_shortened, "MFA-1913", "trail-shortened", Priority::notice,
             "9864ed1918a14fc586418119c30b2370", "last last_hash",
             "Old records were removed, up to this one, as stepup.toml says."},
    EventRow{Event::clock_jumped, "MFA-1920", "clock-jumped", Priority::warning, "2d711a9890e94a44a9b8eebd537c6f15",
             "seconds", "The wall clock was set; TOTP codes fit only while it is right."},
    EventRow{Event::store_is_older, "MFA-1921", "store-is-older", Priority::error, "afcd7c13c4ba49d4adf0b33cd3aee556",
             "", "The database is older than it was: windows are ended, codes up to now do not count.", true},
    EventRow{Event::reserve_released, "MFA-1922", "reserve-released", Priority::error,
             "ec939d5ea8fe4404b1eefa71be49c995", "", "The disk is full; the room set aside for that was given back."},
    EventRow{Event::reserve_made, "MFA-1923", "reserve-made", Priority::notice, "962bf44a70734932aa4d7886ceede525", "",
             "There is room on the disk again, and some was set aside."},
    EventRow{Event::backup_made, "MFA-1924", "backup-made", Priority::notice, "d733140a54ee4836ad479661243dbca1",
             "file login_uid", "A sealed copy of the database was written."},
    EventRow{Event::store_restored, "MFA-1925", "store-restored", Priority::warning, "b5c40c0baf8e477393be286f34c92e17",
             "file made login_uid", "The database was brought back from a backup."},
    EventRow{Event::key_rotated, "MFA-1926", "key-rotated", Priority::notice, "26dcc26524dc400ab8331f55e80d7703",
             "epoch login_uid", "Every secret is sealed with a new master key."},
    EventRow{Event::recovery_share_made, "MFA-1927", "recovery-share-made", Priority::warning,
             "621eaff1ea354971977805264673ed6d", "login_uid",
             "A recovery share was shown; backups made from now on open with it alone."},
    EventRow{Event::unlocked, "MFA-1401", "unlocked", Priority::notice, "e5a57cc1222548758d6f46b7c03b067c",
             "failures by login_uid source session",
             "An administrator had the failures of an account or a source forgotten.", true},
    EventRow{Event::factor_renamed, "MFA-1206", "factor-renamed", Priority::info, "029768ddfd454e379dfa9942f628da91",
             "factor label was session", "A factor has another label."},
    EventRow{Event::primary_chosen, "MFA-1207", "primary-chosen", Priority::info, "5b8a5da259a94f389d4b7bb3ab430fef",
             "factor label session", "This factor is asked for first from now on."},
    EventRow{Event::factors_disabled, "MFA-1208", "factors-disabled", Priority::warning,
             "686de05d0c904bb0b4a17e9a4e967592", "factors session",
             "A user removed all factors of his; recovery codes and recent verifications went with them.", true},
    EventRow{Event::account_reset, "MFA-1402", "account-reset", Priority::warning, "7d2f3f5a3c7f4f0c9f1d6b0e52a4c981",
             "factors windows by login_uid session", "An administrator removed every factor and code of an account.",
             true},
    EventRow{Event::bypass_issued, "MFA-1403", "bypass-issued", Priority::warning, "b1f0e7c4a98d4e0fa2a6d3c35b7e1f60",
             "expires reason by login_uid session", "An administrator handed out a bypass code; one before is void.",
             true},
    EventRow{Event::invite_issued, "MFA-1404", "invite-issued", Priority::notice, "0c5e9a7be2d64c1b8f3a47d1962ebc35",
             "expires by login_uid session", "An administrator handed out an invite; one before is void.", true},
    EventRow{Event::handed_out_code_used, "MFA-1405", "handed-out-code-used", Priority::warning,
             "e94b6d2f80a14d7cb5c10f3e7a6928d4", "factor enrollment source session signals",
             "A bypass code or invite was spent; it opened the account's lock, if there was one.", true},
    EventRow{Event::key_trusted, "MFA-1501", "key-trusted", Priority::notice, "6ddd9d12c6c94e109e04231232120982",
             "key type factor until source session", "A user trusts an SSH key: logins with it are asked for no code.",
             true},
    EventRow{Event::trusted_key_used, "MFA-1502", "trusted-key-used", Priority::info,
             "1eae2e6f007a4f8a969dce9cfad2fa0b", "key source session",
             "A trusted key took the place of a second factor in sshd; no window opened."},
    EventRow{Event::trusted_keys_forgotten, "MFA-1503", "trusted-keys-forgotten", Priority::notice,
             "962651378b9748d5853cc829344b3f4a", "keys key why by login_uid session",
             "Trusted SSH keys are forgotten: by their user, an administrator, or because of what happened."},
    EventRow{Event::factor_imported, "MFA-1406", "factor-imported", Priority::notice,
             "69526b903de14943a1297ed0114f9d8e", "factor label bits by login_uid session",
             "An administrator took a factor over from another program; it is active, and its secret has so many bits.",
             true},
    EventRow{Event::would_have_asked, "MFA-1108", "would-have-asked", Priority::info,
             "25b285e0707943658ebe34c67f865cbe", "rule left_out source session signals",
             "A factor would have been asked for, but the rule only reports; let in."},
    EventRow{Event::would_have_refused, "MFA-1109", "would-have-refused", Priority::notice,
             "f10e98ada80c4c4cb8673dabe06ec7b6", "rule why left_out source session signals",
             "The user would have been refused, but the rule only reports; let in."},
    EventRow{Event::passed_for_now, "MFA-1110", "passed-for-now", Priority::notice, "f4c330b0bdee47509189d10a10b01e8e",
             "days left_out source session signals",
             "A factor is required and the user has none, but still has time to enroll; let in."},
    EventRow{
        Event::policy_set, "MFA-1905", "policy-set", Priority::warning, "5d0f6a1c93be4e27a8c4f2d17b906e3a",
        "file by login_uid session before after",
        "Somebody set rules over D-Bus: the texts of that file, before and after, each up to 4096 bytes; empty where "
        "there is none.",
        true},
    EventRow{Event::weaker_factor_used, "MFA-1111", "weaker-factor-used", Priority::warning,
             "8e2d57c04b1f4a6f9d30a7c5e6f2b913", "factor enrollment strongest source session signals for",
             "A factor was proved that is weaker than another one that the user has.", true},
};
static_assert(covers(event_rows, &EventRow::event, Event::weaker_factor_used));

[[nodiscard]] constexpr const EventRow& row_of(Event event) { return event_rows[static_cast<std::size_t>(event)]; }
[[nodiscard]] constexpr std::string_view id_of(Event event) { return row_of(event).id; }
/// What the queue calls an event; empty: it is not put there.
[[nodiscard]] constexpr std::string_view queued_as(Event event) {
    return row_of(event).queued ? row_of(event).name : std::string_view();
}

}  // namespace stepup
