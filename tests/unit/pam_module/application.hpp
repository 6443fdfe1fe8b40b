#pragma once

#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <security/pam_appl.h>
#include <security/pam_modules.h>

namespace stepup::test {

/// What a service's stack returns when our line let the next one decide.
constexpr int ignored = PAM_CRED_EXPIRED;

inline std::string module_path() {
    const char* path = std::getenv("PAM_STEPUP_MODULE");
    EXPECT_NE(path, nullptr) << "PAM_STEPUP_MODULE names the module to test";
    return path == nullptr ? "" : path;
}

/// A folder of our own with the service files `stepup-test` (shows which code our line returned) and `only-us`.
class Stack {
public:
    Stack() {
        char name[] = "/tmp/pam-stepup-XXXXXX";
        EXPECT_NE(::mkdtemp(name), nullptr);
        folder_ = name;
        std::filesystem::permissions(folder_, std::filesystem::perms(0755));
        write("");
    }
    ~Stack() { std::filesystem::remove_all(folder_); }
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;

    [[nodiscard]] std::string folder() const { return folder_; }
    [[nodiscard]] std::string socket() const { return folder_ + "/pam.sock"; }

    void write(const std::string& options) { write_line(module_path() + " socket=" + socket() + " " + options); }
    void write_line(const std::string& ours) const {
        std::ofstream marked(folder_ + "/stepup-test");
        for (const char* phase : {"auth", "account", "password"})
            marked << phase << " [success=done ignore=ignore default=die] " << ours << "\n"
                   << phase << " required pam_debug.so auth=cred_expired acct=cred_expired prechauthtok=success "
                   << "chauthtok=cred_expired\n";
        marked << "session required " << ours << "\n";
        std::ofstream(folder_ + "/only-us") << "auth required " << ours << "\n";
    }

private:
    std::string folder_;
};

/// What the person, or the program in his place, does with one prompt.
struct Reply {
    std::optional<std::string> text = std::nullopt;  ///< none: a null answer
    int code = PAM_SUCCESS;
    bool array = true;  ///< false: no array of answers at all
    std::function<void(pam_handle_t*)> meanwhile = nullptr;
};
inline Reply types(std::string text) { return {std::move(text)}; }

struct Shown {
    int style;
    std::string text;
    bool operator==(const Shown&) const = default;
};

/// A program that logs somebody in through libpam.
class Application {
public:
    explicit Application(const Stack& stack, const char* user = "alice", const char* service = "stepup-test") {
        const pam_conv conversation{&Application::converse, this};
        EXPECT_EQ(pam_start_confdir(service, user, &conversation, stack.folder().c_str(), &pam), PAM_SUCCESS);
    }
    ~Application() { pam_end(pam, last_); }
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;

    int authenticate(int flags = 0) { return last_ = pam_authenticate(pam, flags); }
    int account(int flags = 0) { return last_ = pam_acct_mgmt(pam, flags); }
    int set_credentials() { return last_ = pam_setcred(pam, PAM_ESTABLISH_CRED); }
    int open_session() { return last_ = pam_open_session(pam, 0); }
    int close_session() { return last_ = pam_close_session(pam, 0); }
    int change_password() { return last_ = pam_chauthtok(pam, 0); }

    pam_handle_t* pam = nullptr;
    std::deque<Reply> replies;  ///< to prompts, in order
    std::vector<Shown> shown;
    std::function<void(const char*)> on_typed = nullptr;  ///< told where an answer was allocated

private:
    static int converse(int count, const pam_message** messages, pam_response** responses, void* self) {
        EXPECT_EQ(count, 1) << "one message a call";
        return static_cast<Application*>(self)->show(*messages[0], responses);
    }

    int show(const pam_message& message, pam_response** responses) {
        shown.push_back({message.msg_style, message.msg});
        *responses = static_cast<pam_response*>(std::calloc(1, sizeof(pam_response)));
        if (message.msg_style == PAM_TEXT_INFO || message.msg_style == PAM_ERROR_MSG) return PAM_SUCCESS;
        EXPECT_FALSE(replies.empty()) << "an unexpected prompt: " << message.msg;
        const Reply reply = replies.empty() ? Reply{.code = PAM_CONV_ERR} : replies.front();
        if (!replies.empty()) replies.pop_front();
        if (reply.meanwhile) reply.meanwhile(pam);
        if (reply.text) (*responses)->resp = ::strdup(reply.text->c_str());
        if (on_typed) on_typed((*responses)->resp);
        if (!reply.array) std::free(std::exchange(*responses, nullptr));
        return reply.code;
    }

    int last_ = PAM_SUCCESS;
};

}  // namespace stepup::test
