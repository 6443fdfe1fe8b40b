#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace stepup::pam {

/// What a module may return, in libpam's order (pam_strerror(3)).
enum class Code : std::uint8_t {
    success,
    open_err,
    symbol_err,
    service_err,
    system_err,
    buf_err,
    perm_denied,
    auth_err,
    cred_insufficient,
    authinfo_unavail,
    user_unknown,
    maxtries,
    new_authtok_reqd,
    acct_expired,
    session_err,
    cred_unavail,
    cred_expired,
    cred_err,
    no_module_data,
    conv_err,
    authtok_err,
    authtok_recover_err,
    authtok_lock_busy,
    authtok_disable_aging,
    try_again,
    ignore,
    abort,
    authtok_expired,
    module_unknown,
    bad_item,
    conv_again,
    incomplete,
};
constexpr std::size_t codes = 32;

/// What libpam does on a code.
struct Action {
    enum class Kind : std::uint8_t { ignore, ok, done, bad, die, reset, jump } kind = Kind::bad;
    unsigned jump = 0;  ///< over how many lines

    friend bool operator==(const Action&, const Action&) = default;
};

/// One action a code.
struct Control {
    std::array<Action, codes> actions{};
    bool understood = true;  ///< false: libpam does not understand it either, and the line refuses

    [[nodiscard]] const Action& on(Code code) const { return actions[static_cast<std::size_t>(code)]; }
};

/// Reads "required", "[success=1 default=ignore]" …
[[nodiscard]] Control read_control(std::string_view text);

}  // namespace stepup::pam
