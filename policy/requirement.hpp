#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string_view>

#include "common/clock.hpp"
#include "common/covers.hpp"
#include "policy/factor_kind.hpp"
#include "policy/key_trust.hpp"
#include "policy/signal.hpp"
#include "policy/strength.hpp"

namespace stepup {

/// Who is asked at all, lax to strict.
enum class Level : std::uint8_t {
    disabled,    ///< nobody
    optional,    ///< those who enrolled
    risk_based,  ///< everybody, once a signal fires; a Requirement says "required" or "disabled" instead
    required,    ///< everybody; who has not enrolled is refused
};

struct LevelRow {
    Level level;
    std::string_view name;
};
constexpr std::array level_rows{
    LevelRow{Level::disabled, "disabled"},
    LevelRow{Level::optional, "optional"},
    LevelRow{Level::risk_based, "risk-based"},
    LevelRow{Level::required, "required"},
};
static_assert(covers(level_rows, &LevelRow::level, Level::required));
[[nodiscard]] constexpr std::string_view name_of(Level level) {
    return level_rows[static_cast<std::size_t>(level)].name;
}

/// How far a window reaches.
enum class WindowScope : std::uint8_t {
    session,  ///< the login session in which the factor was proved
    user,     ///< every session of the user on this host
};

struct WindowScopeRow {
    WindowScope scope;
    std::string_view name;
};
constexpr std::array window_scope_rows{
    WindowScopeRow{WindowScope::session, "session"},
    WindowScopeRow{WindowScope::user, "user"},
};
static_assert(covers(window_scope_rows, &WindowScopeRow::scope, WindowScope::user));
[[nodiscard]] constexpr std::string_view name_of(WindowScope scope) {
    return window_scope_rows[static_cast<std::size_t>(scope)].name;
}

/// What a window is worth to a process without a terminal.
enum class WithoutTty : std::uint8_t {
    none,     ///< nothing: it is asked
    session,  ///< as much as to the rest of the session
};

struct WithoutTtyRow {
    WithoutTty worth;
    std::string_view name;
};
constexpr std::array without_tty_rows{
    WithoutTtyRow{WithoutTty::none, "none"},
    WithoutTtyRow{WithoutTty::session, "session"},
};
static_assert(covers(without_tty_rows, &WithoutTtyRow::worth, WithoutTty::session));
[[nodiscard]] constexpr std::string_view name_of(WithoutTty worth) {
    return without_tty_rows[static_cast<std::size_t>(worth)].name;
}

/// Who may enroll a first factor, lax to strict.
enum class FirstEnrollment : std::uint8_t {
    self,    ///< the user, from an interactive session of his own
    invite,  ///< whoever proved, in that session, a code that an administrator handed out
};

struct FirstEnrollmentRow {
    FirstEnrollment by;
    std::string_view name;
};
constexpr std::array first_enrollment_rows{
    FirstEnrollmentRow{FirstEnrollment::self, "self"},
    FirstEnrollmentRow{FirstEnrollment::invite, "invite"},
};
static_assert(covers(first_enrollment_rows, &FirstEnrollmentRow::by, FirstEnrollment::invite));
[[nodiscard]] constexpr std::string_view name_of(FirstEnrollment by) {
    return first_enrollment_rows[static_cast<std::size_t>(by)].name;
}

/// Whether a login by an enrolled security key is the proof of a factor.
enum class SecurityKeyLogin : std::uint8_t {
    off,
    verified,  ///< yes: the administrator vouches that sshd takes such a key only where it checked a PIN or a finger
};

struct SecurityKeyLoginRow {
    SecurityKeyLogin login;
    std::string_view name;
};
constexpr std::array security_key_login_rows{
    SecurityKeyLoginRow{SecurityKeyLogin::off, "off"},
    SecurityKeyLoginRow{SecurityKeyLogin::verified, "verified"},
};
static_assert(covers(security_key_login_rows, &SecurityKeyLoginRow::login, SecurityKeyLogin::verified));
[[nodiscard]] constexpr std::string_view name_of(SecurityKeyLogin login) {
    return security_key_login_rows[static_cast<std::size_t>(login)].name;
}

/// What policy lets count as a second factor where it names none: everything but e-mail and SMS.
constexpr FactorSet ordinary_factors{FactorKind::security_key,     FactorKind::webauthn, FactorKind::totp,
                                     FactorKind::ssh_security_key, FactorKind::hotp,     FactorKind::yubikey_otp,
                                     FactorKind::recovery_code};

/// What policy demands of one attempt.
struct Requirement {
    Level level = Level::required;
    FactorSet allowed = ordinary_factors;
    Strength min_strength = Strength::none;
    Seconds window{};  ///< how long a verification counts as recent, 0 to 24 h; 0: ask every time
    WindowScope window_scope = WindowScope::session;
    WithoutTty window_without_tty = WithoutTty::none;
    bool key_only_allowed = false;  ///< may sshd let in whoever came with a public key only
    KeyTrust key_trust{};
    bool two_different = false;    ///< two proofs in one attempt, by factors of different kinds
    bool foreground_only = false;  ///< a window is worth nothing to background jobs of a terminal
    unsigned recovery_codes = 10;  ///< in a fresh set; 1 to 50, or 0: none are issued
    FirstEnrollment first_enrollment = FirstEnrollment::self;
    bool weaker_factors = false;  ///< may who could answer with a stronger factor of his use a weaker one

    Seconds grace{};           ///< under `required`: for so long from his first login, who has not enrolled is let in
    unsigned due_in_days = 0;  ///< under `optional`: it is `required` in so many days; 0: it stays as it is
    bool report_only = false;  ///< what it comes to is noted, and everybody passes
    bool by_risk = false;      ///< `required` because of `signals`, or `disabled` for want of any
    SignalSet signals{};       ///< triggers of the rule that fired, or of which nobody can tell
    SecurityKeyLogin security_key_login = SecurityKeyLogin::off;

    /// True if a proof by `kind`, worth `proved`, is what is demanded; says nothing about its age or place.
    [[nodiscard]] constexpr bool accepts(FactorKind kind, Strength proved) const {
        return allowed.contains(kind) && proved >= min_strength;
    }
    /// True if a factor of this kind can satisfy the demand at all: worth asking for.
    [[nodiscard]] constexpr bool permits(FactorKind kind) const { return accepts(kind, row_of(kind).at_best); }

    /// True if a login by an enrolled security key is a proof here.
    [[nodiscard]] constexpr bool counts_security_keys() const {
        return security_key_login == SecurityKeyLogin::verified && permits(FactorKind::ssh_security_key);
    }

    [[nodiscard]] bool operator==(const Requirement&) const = default;
};

/// The requirement while no good policy was ever seen: everybody, every time, and no login by key alone.
[[nodiscard]] constexpr Requirement strictest() { return {}; }

/// Which of two requirements is stricter; `greater` if `a` is. A total order, by the first of these that differs: the
/// higher level (under report_only: none), the higher min_strength, two different factors, fewer factors that can
/// satisfy it, the shorter window, then the narrower scope, windows only for terminals, only for their foreground, no
/// weaker factors, no login by key alone, less trust in keys, no proof by security key, an invite for the first factor,
/// fewer recovery codes. Two that are equal in all of these may still allow different factors of the same number, or
/// leave different times to enroll: those compare equal, and the earlier rule counts.
[[nodiscard]] std::weak_ordering compare_strictness(const Requirement& a, const Requirement& b);

}  // namespace stepup
