#include <algorithm>

#include "cli/foreign/pieces.hpp"

// Files of lines "user:key:key…", of tools whose kind of factor stepup has not got yet.

namespace stepup::foreign {
namespace {

struct Tool {
    bool (*is_key)(std::string_view);
    const char* one;
    const char* many;
    const char* why;  ///< it stays where it is
};

/// "handle,public key[,type,options]", in base64.
bool is_credential(std::string_view text) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-,*";
    const auto commas = std::count(text.begin(), text.end(), ',');
    return (commas == 1 || commas == 3) && !text.starts_with(',')
        && text.find_first_not_of(letters) == std::string_view::npos;
}

/// The 12 letters that every one-time password of a YubiKey begins with.
bool is_yubikey(std::string_view text) {
    return text.size() == 12 && text.find_first_not_of("cbdefghijklnrtuv") == std::string_view::npos;
}

constexpr Tool u2f{is_credential, "security key", "security keys",
                   "stepup has no such factor yet. Leave the file and pam_u2f.so where they are."};
constexpr Tool yubico{is_yubikey, "YubiKey", "YubiKeys",
                      "stepup has no such factor yet, and the file holds no secret that could be taken. Leave it and "
                      "pam_yubico.so where they are, or use the key's OATH-HOTP slot: `stepup enroll hotp`."};

void take_line(std::string_view line, unsigned number, const Tool& tool, Reading& reading) {
    if (line.empty() || line.starts_with('#')) return;
    const auto colon = line.find(':');
    const std::string user(line.substr(0, colon));
    unsigned keys = 0;
    bool good = colon != std::string_view::npos && colon > 0;
    auto rest = good ? line.substr(colon + 1) : std::string_view();
    while (!rest.empty()) {
        const auto key = rest.substr(0, rest.find(':'));
        rest.remove_prefix(std::min(key.size() + 1, rest.size()));
        good = good && tool.is_key(key);
        ++keys;
    }
    if (!good || keys == 0)
        return reading.notes.push_back({number, {}, Outcome::refused, "is not a user and keys: is it the right file?"});
    const auto count = keys == 1 ? std::string("a ") + tool.one : std::to_string(keys) + ' ' + tool.many;
    reading.notes.push_back({number, user, Outcome::kept, count + ": " + tool.why});
}

Reading read_lines(std::string_view text, const Tool& tool) {
    Reading reading;
    each_line(text, [&](std::string_view line, unsigned number) { take_line(line, number, tool, reading); });
    return reading;
}

}  // namespace

Reading read_u2f(std::string_view text) { return read_lines(text, u2f); }
Reading read_yubico(std::string_view text) { return read_lines(text, yubico); }

}  // namespace stepup::foreign
