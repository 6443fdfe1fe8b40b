#pragma once

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include <security/pam_modules.h>
#include <string.h>  // explicit_bzero

#include "pam_module/login.hpp"

namespace stepup {

/// What the application allocated for us: a typed answer is wiped before it is freed.
struct WipeAndFree {
    void operator()(char* text) const noexcept {
        explicit_bzero(text, std::strlen(text));
        std::free(text);
    }
};
using PamText = std::unique_ptr<char, WipeAndFree>;

/// The person at the terminal, reached through the application's conversation function: one message a call, because
/// sshd shows nothing before it has a prompt and older ones give up on many messages.
class Conversation {
public:
    explicit Conversation(pam_handle_t* pam) : pam_(pam) { }

    /// Shows the question and takes the answer, unless it is none.
    [[nodiscard]] Heard ask(const wire::Ask& question, Secret& answer);

    /// Shows a line and expects nothing. `style`: PAM_TEXT_INFO or PAM_ERROR_MSG.
    void tell(int style, std::string_view text) { (void)exchange(style, text); }

private:
    PamText exchange(int style, std::string_view text);
    [[nodiscard]] bool is_password(std::string_view answer) const;

    pam_handle_t* pam_;
};

/// The terminal of a call that only reports: whatever is asked, nobody answers.
struct NobodyThere {
    [[nodiscard]] static Heard ask(const wire::Ask& /*question*/, Secret& /*answer*/) { return Heard::nothing; }
};

}  // namespace stepup
