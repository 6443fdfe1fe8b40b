#include <algorithm>
#include <map>

#include "cli/foreign/pieces.hpp"
#include "common/bytes.hpp"

namespace stepup::foreign {
namespace {

constexpr std::string_view scheme = "otpauth://";
constexpr std::size_t longest_link = 4096;

/// Percent-encoding undone; nothing if it is broken.
std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const auto byte = i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
        if (!byte) return std::nullopt;
        out += *byte;
        i += 2;
    }
    return out;
}

using Parameters = std::map<std::string, std::string, std::less<>>;

/// What follows the question mark; nothing if something is there twice, or cannot be read.
std::optional<Parameters> parameters_in(std::string_view query) {
    Parameters found;
    while (!query.empty()) {
        const auto one = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(one.size() + 1, query.size()));
        const auto equals = one.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        auto value = decoded(one.substr(equals + 1));
        if (!value || !found.emplace(one.substr(0, equals), *std::move(value)).second) return std::nullopt;
    }
    return found;
}

void wipe(Parameters& all) {
    for (auto& [name, value] : all) explicit_bzero(value.data(), value.size());
}

/// `name` as a number; `usual` where it is not there.
std::optional<std::uint32_t> number(const Parameters& all, std::string_view name, std::uint32_t usual) {
    const auto found = all.find(name);
    return found == all.end() ? usual : number_in<std::uint32_t>(found->second);
}

const char* take_parameters(const Parameters& all, Generator& into) {
    const auto secret = all.find("secret");
    if (secret == all.end() || !take_base32(secret->second, into)) return "has no secret in base32.";
    if (const auto algorithm = all.find("algorithm"); algorithm != all.end()) into.algorithm = algorithm->second;
    if (into.algorithm != "SHA1" && into.algorithm != "SHA256" && into.algorithm != "SHA512")
        return "has an algorithm that is none of SHA1, SHA256 and SHA512.";
    const auto digits = number(all, "digits", 6);
    const auto period = number(all, "period", 30);
    if (!digits || *digits < 6 || *digits > 8) return "its codes do not have 6, 7 or 8 digits.";
    if (!period || *period < 15 || *period > 60) return "its codes are shown for less than 15 or more than 60 seconds.";
    into.digits = *digits;
    into.period = *period;
    if (into.counts_time) return nullptr;
    const auto counter = all.contains("counter") ? number(all, "counter", 0) : std::nullopt;
    if (!counter) return "does not say at which code the token is.";
    if (into.algorithm != "SHA1") return "is a token that counts, with another algorithm than SHA1.";
    into.counter = *counter;
    return nullptr;
}

const char* take_link(std::string_view link, Generator& into) {
    if (link.starts_with("otpauth-migration://"))
        return "is an export of the Google Authenticator app for phones alone. Enroll anew: `stepup enroll totp`.";
    if (!link.starts_with(scheme) || link.size() > longest_link) return "is no otpauth:// link.";
    link.remove_prefix(scheme.size());
    const auto type = link.substr(0, link.find('/'));
    if (type != "totp" && type != "hotp") return "is neither totp nor hotp.";
    link.remove_prefix(std::min(type.size() + 1, link.size()));
    into.counts_time = type == "totp";
    const auto question = link.find('?');
    auto name = decoded(link.substr(0, question));
    auto all = question == std::string_view::npos ? Parameters() : parameters_in(link.substr(question + 1));
    if (!name || !all) return "is a link that cannot be read.";
    into.name = *std::move(name);
    const auto* why = take_parameters(*all, into);
    wipe(*all);
    return why;
}

}  // namespace

Reading read_otpauth(std::string_view text) {
    Reading reading;
    each_line(text, [&](std::string_view line, unsigned number) {
        while (line.ends_with(' ')) line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) return;
        Generator found;
        found.line = number;
        if (const auto* why = take_link(line, found))
            reading.notes.push_back({number, {}, Outcome::refused, why});
        else
            reading.generators.push_back(std::move(found));
    });
    return reading;
}

}  // namespace stepup::foreign
