#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

#include "common/covers.hpp"

namespace stepup {

/// Why a management call was refused. On the bus it is "org.stepup.Error." and the row's name.
enum class ManagementError : std::uint8_t {
    invalid_code,
    already_enrolled,
    not_enrolled,
    no_such_factor,
    step_up_required,
    rate_limited,
    not_authorized,
    policy_forbids,
    last_factor,
    invalid_argument,
    expired_challenge,
    no_such_user,
    locked,
    wrong_factor,
    different_secret,
    no_such_key,
    unavailable,
};

/// How `stepup` ends (design: names and places that stay put).
enum class Exit : std::uint8_t { done = 0, refused = 1, usage = 2, unreachable = 3, not_authorized = 4 };

struct ManagementErrorRow {
    ManagementError error;
    std::string_view name;
    Exit exit;
    std::string_view sentence;  ///< what happened and what to do next, where the daemon says nothing better
};

constexpr std::array management_errors{
    ManagementErrorRow{ManagementError::invalid_code, "InvalidCode", Exit::refused,
                       "That code was not accepted. Try the next one, and check the clock of the device."},
    ManagementErrorRow{ManagementError::already_enrolled, "AlreadyEnrolled", Exit::refused,
                       "That is enrolled already. `stepup list` shows your factors."},
    ManagementErrorRow{ManagementError::not_enrolled, "NotEnrolled", Exit::refused,
                       "You have no factor yet. `stepup enroll totp` sets one up."},
    ManagementErrorRow{ManagementError::no_such_factor, "NoSuchFactor", Exit::refused,
                       "You have no such factor. `stepup list` shows those you have."},
    ManagementErrorRow{ManagementError::step_up_required, "StepUpRequired", Exit::not_authorized,
                       "This needs a recent verification. Run `stepup verify`, then try again."},
    ManagementErrorRow{ManagementError::rate_limited, "RateLimited", Exit::refused,
                       "Too many tries. Wait a little, then try again."},
    ManagementErrorRow{ManagementError::not_authorized, "NotAuthorized", Exit::not_authorized,
                       "You may not do this from here. Use a terminal of your own login session."},
    ManagementErrorRow{ManagementError::policy_forbids, "PolicyForbids", Exit::not_authorized,
                       "This host's policy does not allow that. Ask its administrator."},
    ManagementErrorRow{ManagementError::last_factor, "LastFactor", Exit::refused,
                       "This is your last factor and policy requires one. Enroll another before you remove it."},
    ManagementErrorRow{ManagementError::invalid_argument, "InvalidArgument", Exit::usage,
                       "An argument is not what it must be. `stepup --help` shows what is."},
    ManagementErrorRow{ManagementError::expired_challenge, "ExpiredChallenge", Exit::refused,
                       "That enrollment was not confirmed in time. Start again with `stepup enroll`."},
    ManagementErrorRow{ManagementError::no_such_user, "NoSuchUser", Exit::refused,
                       "This host knows no such user. `getent passwd` shows those it knows."},
    ManagementErrorRow{
        ManagementError::locked, "Locked", Exit::refused,
        "This account is locked after too many wrong codes. Wait, or ask an administrator to unlock it."},
    ManagementErrorRow{ManagementError::wrong_factor, "WrongFactor", Exit::refused,
                       "That looks like a code of another factor of yours. Use the one that was asked for."},
    ManagementErrorRow{
        ManagementError::different_secret, "DifferentSecret", Exit::refused,
        "That code is of another enrollment that you started. Use the app's newest entry, or start again."},
    ManagementErrorRow{ManagementError::no_such_key, "NoSuchKey", Exit::refused,
                       "No such key is trusted. `stepup keys list` shows those that are."},
    ManagementErrorRow{ManagementError::unavailable, "Unavailable", Exit::unreachable,
                       "stepupd could not do this now. `systemctl status stepupd` may say why."},
};
static_assert(covers(management_errors, &ManagementErrorRow::error, ManagementError::unavailable));

[[nodiscard]] constexpr const ManagementErrorRow& row_of(ManagementError error) {
    return management_errors[static_cast<std::size_t>(error)];
}
[[nodiscard]] constexpr std::optional<ManagementError> management_error_named(std::string_view name) {
    for (const auto& row : management_errors)
        if (row.name == name) return row.error;
    return std::nullopt;
}

/// A refusal, and the sentence for the caller's eyes.
struct Refusal {
    ManagementError error = ManagementError::unavailable;
    std::string message;
    std::uint32_t seconds = 0;  ///< after which it is worth trying again; 0: it is not known
};

template <class T = void> using Managed = tl::expected<T, Refusal>;

/// Refuses with the table's sentence, or with a better one.
[[nodiscard]] inline tl::unexpected<Refusal> refuse(ManagementError error, std::string message = {},
                                                    std::uint32_t seconds = 0) {
    if (message.empty()) message = row_of(error).sentence;
    return tl::unexpected<Refusal>(Refusal{error, std::move(message), seconds});
}

}  // namespace stepup
