#include "cli/pam/modules.hpp"

#include <algorithm>
#include <array>

namespace stepup::pam {
namespace {

using Codes = std::vector<Code>;

constexpr std::array password_modules{"pam_unix",  "pam_sss",          "pam_ldap",    "pam_krb5",   "pam_winbind",
                                      "pam_lsass", "pam_systemd_home", "pam_pwdfile", "pam_userdb", "pam_himmelblau"};
constexpr std::array conditions{"pam_succeed_if", "pam_listfile", "pam_access", "pam_time"};

bool is_one_of(const Entry& entry, const auto& modules) {
    return std::find(modules.begin(), modules.end(), entry.line.bare_module()) != modules.end();
}

}  // namespace

std::optional<Codes> known_answer(const Entry& entry) {
    if (entry.line.garbled) return Codes{Code::perm_denied};
    if (entry.missing) return Codes{Code::module_unknown};
    const auto name = entry.line.bare_module();
    if (name == "pam_permit") return Codes{Code::success};
    if (name == "pam_deny" || name == "pam_rootok") return Codes{Code::auth_err};
    if (name == "pam_faildelay" || name == "pam_warn") return Codes{Code::ignore};
    return std::nullopt;
}

bool checks_password(const Entry& entry) { return is_one_of(entry, password_modules); }

bool is_a_condition(const Entry& entry) { return is_one_of(entry, conditions); }

}  // namespace stepup::pam
