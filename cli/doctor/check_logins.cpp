#include <cmath>

#include "cli/doctor/checks.hpp"

// sshd's and sudo's own settings.

namespace stepup::doctor {
namespace {

/// A person needs time to find a phone, and a code may be refused once because it is just over.
constexpr std::uint32_t time_for_a_code = 60;
constexpr double longest_ticket = 15;  // minutes, sudo's own default

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

void check_limits(const SshdSettings& settings, Findings& into) {
    if (settings.max_auth_tries < 2)
        into.push_back({Light::yellow, "sshd",
                        "\"MaxAuthTries 1\": whoever offers a key first is not asked for a code.",
                        "Set MaxAuthTries to 3 or more."});
    if (settings.login_grace != 0 && settings.login_grace < time_for_a_code)
        into.push_back(
            {Light::yellow, "sshd",
             "\"LoginGraceTime " + std::to_string(settings.login_grace) + "\" is short for password and code.",
             "Set LoginGraceTime to 120."});
    if (settings.login_grace == 0)
        into.push_back({Light::yellow, "sshd", "\"LoginGraceTime 0\": strangers can hold logins open for ever.",
                        "Set LoginGraceTime to 120."});
    if (settings.per_source_penalties == "no")
        into.push_back({Light::yellow, "sshd", "\"PerSourcePenalties no\": sshd does not slow down who guesses.",
                        "Take that line out of sshd_config."});
}

void check_methods(const SshdSettings& settings, Findings& into) {
    const auto& methods = settings.authentication_methods;
    if (methods == "any" || methods.find("keyboard-interactive") != std::string::npos) return;
    into.push_back({Light::yellow, "sshd", "\"AuthenticationMethods " + methods + "\" never asks for a code.",
                    "Name keyboard-interactive in it, as in `publickey,keyboard-interactive:pam`."});
}

}  // namespace

Findings check_sshd(const std::optional<SshdSettings>& settings, bool after_key) {
    if (!settings)
        return {{Light::yellow, "sshd", "`sshd -T` fails: its settings cannot be told.", "Run it to see why."}};
    Findings found;
    if (const auto why = why_sshd_cannot_ask(*settings, after_key))
        found.push_back({Light::red, "sshd", *why, "`stepup pam enable --sshd-config sshd`, then reload sshd."});
    else
        check_methods(*settings, found);
    check_limits(*settings, found);
    if (found.empty()) found.push_back({Light::green, "sshd", "Its settings let it ask for codes.", ""});
    return found;
}

Findings check_sudo(const std::optional<SudoersFacts>& facts, const std::function<bool(const std::string&)>& is_gated) {
    if (!facts)
        return {{Light::yellow, "sudo", "Its rules cannot be read by cvtsudoers.", "`visudo -c` says what is wrong."}};
    Findings found;
    if (!facts->without_account.empty())
        found.push_back({Light::red, "sudo",
                         "Does not ask PAM's account lines about " + joined(facts->without_account)
                             + " (!pam_acct_mgmt): where it asks no password, it asks for no factor either.",
                         "Take !pam_acct_mgmt out."});
    for (const auto& service : facts->other_services) {
        const auto name = "Calls itself " + service + " towards PAM";
        if (is_gated(service))
            found.push_back({Light::yellow, "sudo", name + ": rules for the service sudo are not about it.",
                             "Name " + service + " in the policy's rules, too, or take that setting out."});
        else
            found.push_back({Light::red, "sudo", name + ", and that service asks for no factor.",
                             "`stepup pam enable " + service + "`, or take that setting out."});
    }
    if (!facts->without_password.empty())
        found.push_back({Light::yellow, "sudo",
                         "Asks no password of " + joined(facts->without_password)
                             + ": the factor, or its window, is all that stands there.",
                         "Take out NOPASSWD and !authenticate, unless that is meant."});
    if (facts->timestamp_timeout < 0 || facts->timestamp_timeout > longest_ticket)
        found.push_back({Light::yellow, "sudo", "Forgets a password later than 15 minutes (timestamp_timeout).",
                         "Set timestamp_timeout to 15 or less."});
    if (!facts->other_password.empty())
        found.push_back(
            {Light::yellow, "sudo",
             "Asks for another user's password (" + joined(facts->other_password) + "), and so for that user's factor.",
             "Take it out, or enroll root."});
    if (found.empty()) found.push_back({Light::green, "sudo", "Asks for the caller's password.", ""});
    return found;
}

}  // namespace stepup::doctor
