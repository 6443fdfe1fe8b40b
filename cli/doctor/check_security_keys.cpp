#include <nlohmann/json.hpp>

#include "cli/doctor/checks.hpp"

namespace stepup::doctor {
namespace {

constexpr const char* how_to_verify
    = "Put `PubkeyAuthOptions verify-required` into sshd_config and reload sshd, or take security_key_login out.";

Finding not_verified(const std::string& within, const std::string& place) {
    return {Light::red, "sshd",
            within + "a security key is taken without PIN or finger, and " + place
                + " lets a login by it pass for a verified one.",
            how_to_verify};
}

}  // namespace

Findings check_security_keys(const std::vector<std::string>& places, const std::optional<SshdSettings>& settings,
                             const std::vector<SshdMatch>& matches,
                             const std::function<std::optional<SshdSettings>(const std::string&)>& ask) {
    if (places.empty() || !settings) return {};  // that sshd tells nothing, check_sshd() says
    Findings found;
    if (!settings->verify_required) found.push_back(not_verified("Outside of Match blocks, ", places.front()));
    for (const auto& match : matches) {
        const auto within = match.probe ? ask(*match.probe) : std::nullopt;
        if (within && settings->verify_required && !within->verify_required)
            found.push_back(not_verified("Within \"" + match.line + "\", ", places.front()));
    }
    if (found.empty())
        found.push_back(
            {Light::green, "sshd", "Has security keys check a PIN or a finger, as the policy counts on.", ""});
    return found;
}

std::vector<std::string> places_with_security_keys(const std::optional<std::string>& checked) {
    std::vector<std::string> places;
    const auto read = nlohmann::json::parse(checked.value_or(""), nullptr, false);
    const auto found = read.is_object() ? read.find("counts_security_keys") : read.end();
    if (!read.is_object() || found == read.end() || !found->is_array()) return places;
    for (const auto& place : *found)
        if (place.is_string()) places.push_back(place.get<std::string>());
    return places;
}

}  // namespace stepup::doctor
