#include <nlohmann/json.hpp>

#include "cli/foreign/pieces.hpp"

namespace stepup::foreign {
namespace {

using nlohmann::json;

constexpr const char* encrypted
    = "is encrypted. In Aegis: Settings, Import & Export, Export; choose \"Aegis (.json)\" and switch \"Encrypt the "
      "vault\" off. Delete that file afterwards.";
constexpr const char* no_vault = "is no vault that Aegis exported as \"Aegis (.json)\".";

/// A text of `object`, or nothing.
std::string text_of(const json& object, const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>()
                                                                             : std::string();
}

std::optional<std::uint32_t> number_of(const json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
    const auto number = found->get<std::uint64_t>();
    if (number > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(number);
}

const char* take_info(json& info, Generator& into) {
    auto secret = text_of(info, "secret");
    const bool good = take_base32(secret, into);
    explicit_bzero(secret.data(), secret.size());
    if (!good) return "has no secret in base32.";
    into.algorithm = text_of(info, "algo");
    const auto digits = number_of(info, "digits");
    if (into.algorithm != "SHA1" && into.algorithm != "SHA256" && into.algorithm != "SHA512")
        return "has an algorithm that is none of SHA1, SHA256 and SHA512.";
    if (!digits || *digits < 6 || *digits > 8) return "its codes do not have 6, 7 or 8 digits.";
    into.digits = *digits;
    const auto number = number_of(info, into.counts_time ? "period" : "counter");
    if (into.counts_time && (!number || *number < 15 || *number > 60))
        return "its codes are shown for less than 15 or more than 60 seconds.";
    if (!number) return "does not say at which code it is.";
    if (!into.counts_time && into.algorithm != "SHA1")
        return "is a token that counts, with another algorithm than SHA1.";
    if (into.counts_time) into.period = *number;
    if (!into.counts_time) into.counter = std::uint64_t{*number} + 1;  // that of the code which was shown last
    return nullptr;
}

const char* take_entry(json& entry, Generator& into) {
    const auto type = text_of(entry, "type");
    if (type != "totp" && type != "hotp") return "is neither totp nor hotp.";
    into.counts_time = type == "totp";
    const auto issuer = text_of(entry, "issuer");
    into.name = (issuer.empty() ? "" : issuer + ':') + text_of(entry, "name");
    const auto info = entry.find("info");
    return info == entry.end() || !info->is_object() ? "is not whole." : take_info(*info, into);
}

/// Overwrites every text: any of them may be a secret.
void wipe(json& value) {
    if (auto* text = value.get_ptr<json::string_t*>()) explicit_bzero(text->data(), text->size());
    if (value.is_structured())
        for (auto& below : value) wipe(below);
}

/// The vault's entries; null, with why not.
json* entries_of(json& vault, const char*& why) {
    why = no_vault;
    if (!vault.is_object() || !vault.contains("db")) return nullptr;
    auto& database = vault["db"];
    if (database.is_string()) why = encrypted;
    if (!database.is_object() || !database.contains("entries") || !database["entries"].is_array()) return nullptr;
    return &database["entries"];
}

/// No file of Aegis goes deeper, and whoever walks it goes as deep.
bool is_flat(std::string_view text) {
    std::size_t depth = 0;
    for (const char c : text) {
        if (c == '[' || c == '{') ++depth;
        if ((c == ']' || c == '}') && depth > 0) --depth;
        if (depth > 64) return false;
    }
    return true;
}

}  // namespace

Reading read_aegis(std::string_view text) {
    Reading reading;
    auto vault = is_flat(text) ? json::parse(text, nullptr, false) : json();
    const char* why = nullptr;
    auto* entries = entries_of(vault, why);
    if (entries == nullptr) reading.notes.push_back({0, {}, Outcome::refused, why});
    unsigned number = 0;
    for (auto& entry : entries == nullptr ? json::array() : *entries) {
        Generator found;
        found.line = ++number;
        if (const auto* wrong = take_entry(entry, found))
            reading.notes.push_back({number, {}, Outcome::refused, wrong});
        else
            reading.generators.push_back(std::move(found));
    }
    wipe(vault);
    return reading;
}

}  // namespace stepup::foreign
