#include "pam_module/conversation.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "common/bytes.hpp"

namespace stepup {
namespace {

/// The daemon's text as a C string that is safe on any terminal: no control characters (C0 but the line feed, DEL, C1),
/// no stray bytes that an 8-bit terminal would take for one, at most wire::max_prompt bytes.
class ScreenText {
public:
    explicit ScreenText(std::string_view text) {
        while (!text.empty()) {
            const auto length = character_length(text);
            if (is_harmless(text.substr(0, length)) && !append(text.substr(0, length))) return;
            text.remove_prefix(length);
        }
    }

    [[nodiscard]] const char* c_str() const { return bytes_.data(); }

private:
    /// Bytes of the UTF-8 character that `text` begins with; 1 if it begins with none.
    static std::size_t character_length(std::string_view text) {
        const auto lead = static_cast<std::uint8_t>(text[0]);
        const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
        const auto continues = [](char c) { return (static_cast<std::uint8_t>(c) & 0xC0U) == 0x80; };
        const auto rest = text.substr(1, length - 1);
        return rest.size() == length - 1 && std::all_of(rest.begin(), rest.end(), continues) ? length : 1;
    }

    static bool is_harmless(std::string_view character) {
        const auto lead = static_cast<std::uint8_t>(character[0]);
        if (character.size() == 1) return lead == '\n' || (lead >= 0x20 && lead < 0x7F);
        return lead != 0xC2 || static_cast<std::uint8_t>(character[1]) >= 0xA0;  // U+0080 to U+009F are controls
    }

    bool append(std::string_view character) {
        if (wire::max_prompt - size_ < character.size()) return false;
        std::copy(character.begin(), character.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += character.size();
        return true;
    }

    std::array<char, wire::max_prompt + 1> bytes_{};
    std::size_t size_ = 0;
};

/// sshd answers for users who do not exist or may not log in, in the length the client typed (auth-pam.c).
bool is_sshd_junk(std::string_view answer) {
    constexpr std::string_view junk = "\b\n\r\177INCORRECT";
    return !answer.empty() && junk.starts_with(answer.substr(0, junk.size()));
}

struct Free {
    void operator()(pam_response* replies) const noexcept { std::free(replies); }
};

}  // namespace

Heard Conversation::ask(const wire::Ask& question, Secret& answer) {
    const auto typed
        = exchange(question.echo == wire::Echo::on ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF, question.text);
    if (!typed || !answer.take({typed.get(), std::strlen(typed.get())})) return Heard::nothing;
    if (is_sshd_junk(answer.reveal())) return Heard::junk;
    return is_password(answer.reveal()) ? Heard::password : Heard::answer;
}

/// Null if the conversation failed, or there is none; what it returned all the same is wiped and freed.
PamText Conversation::exchange(int style, std::string_view text) {
    const void* item = nullptr;
    if (pam_get_item(pam_, PAM_CONV, &item) != PAM_SUCCESS || item == nullptr) return nullptr;
    const auto* conversation = static_cast<const pam_conv*>(item);
    if (conversation->conv == nullptr) return nullptr;

    const ScreenText shown(text);
    const pam_message message{style, shown.c_str()};
    const pam_message* messages = &message;
    pam_response* replies = nullptr;
    const int code = conversation->conv(1, &messages, &replies, conversation->appdata_ptr);
    const std::unique_ptr<pam_response, Free> reply(replies);
    PamText typed(reply ? reply->resp : nullptr);
    if (code != PAM_SUCCESS) return nullptr;
    return typed;
}

bool Conversation::is_password(std::string_view answer) const {
    const void* item = nullptr;
    if (pam_get_item(pam_, PAM_AUTHTOK, &item) != PAM_SUCCESS) return true;  // it may be: then nobody hears it
    if (item == nullptr) return false;
    // Enter alone asks for the menu, also from somebody whose password is empty.
    return !answer.empty() && equal_constant_time(answer, static_cast<const char*>(item));
}

}  // namespace stepup
