#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.hpp"
#include "common/identity.hpp"

namespace stepup {

/// What the audit trail knows. Ids, severities and meanings: daemon/audit/events.hpp.
enum class Event : std::uint8_t {
    factor_accepted,
    factor_refused,
    replay_refused,
    locked,
    refused_while_locked,
    passed_by_window,
    passed_by_key_only,
    not_enrolled,
    peer_refused,
    answer_withdrawn,
    session_attached,
    windows_ended,
    enrollment_started,
    enrollment_confirmed,
    factor_removed,
    recovery_codes_issued,
    recovery_code_used,
    step_up_demanded,
    password_changed,
    daemon_started,
    daemon_stopped,
    policy_loaded,
    policy_refused,
    chain_anchored,
    mirror_lost,
    trail_shortened,
    clock_jumped,
    store_is_older,
    reserve_released,
    reserve_made,
    backup_made,
    store_restored,
    key_rotated,
    recovery_share_made,
    unlocked,
    factor_renamed,
    primary_chosen,
    factors_disabled,
    account_reset,
    bypass_issued,
    invite_issued,
    handed_out_code_used,
    key_trusted,
    trusted_key_used,
    trusted_keys_forgotten,
    factor_imported,
    would_have_asked,
    would_have_refused,
    passed_for_now,
    policy_set,
    weaker_factor_used,
};

/// Of a field's value, in bytes: the rest is cut off wherever it is kept or shown.
constexpr std::size_t longest_value = 4096;

/// One line of the audit trail before it gets its number and its hash.
struct AuditEntry {
    Event event = Event::factor_refused;
    Instant at;
    AccountKey account;  ///< uid -1 where there is none
    std::string service;
    std::vector<std::pair<std::string_view, std::string>>
        fields;  ///< names are literals of ours; values are escaped by whoever prints
};

}  // namespace stepup
