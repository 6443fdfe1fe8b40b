#include <array>
#include <string>

#include "application.hpp"
#include "captured_log.hpp"
#include "fake_daemon.hpp"

// What the person, or the program in his place, may do to us; and what we may do to his terminal.

#ifndef __SANITIZE_ADDRESS__
namespace {
const char* watched = nullptr;  // where an answer was allocated
std::string found_at_free;      // what was there when it was freed
}  // namespace

extern "C" void __libc_free(void*);
extern "C" void free(void* memory) {  // libpam's applications allocate answers, modules free them
    if (memory != nullptr && memory == watched) {
        watched = nullptr;
        found_at_free.assign(static_cast<const char*>(memory), 16);
    }
    __libc_free(memory);
}
#endif

namespace stepup::test {
namespace {

/// A daemon that asks one question and wants to hear, instead of an answer, why there is none.
Script expects_withdrawal(wire::Why why) {
    return [=](Peer& peer) {
        (void)peer.expect<wire::Begin>();
        peer.say(wire::Ask{1, wire::Echo::on, "Code: "});
        EXPECT_EQ(peer.expect<wire::Withdraw>().why, why);
        EXPECT_TRUE(peer.hung_up());
    };
}

/// What the daemon gets for `typed`, and what becomes of the login.
std::string answer_for(const std::string& typed) {
    Stack stack;
    std::string heard;
    FakeDaemon daemon(stack.socket(), asks_and_decides(Decision::granted, [&](auto& answer) { heard = answer.text; }));
    Application application(stack);
    application.replies = {types(typed)};
    EXPECT_EQ(application.authenticate(), PAM_SUCCESS);
    return heard;
}

int code_without_answer(Reply reply, wire::Why why = wire::Why::no_answer) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), expects_withdrawal(why));
    Application application(stack);
    application.replies = {std::move(reply)};
    return application.authenticate();
}

TEST(Answer, arrives_as_it_was_typed) {
    for (const std::string typed : {"123456", "", "?", "a\nb", "\xFF\xFE", "%s%n", "ABCD-EFGH-IJKL-MNOP-QRST"})
        EXPECT_EQ(answer_for(typed), typed);
}

TEST(Answer, of_512_bytes_is_the_longest) {
    EXPECT_EQ(answer_for(std::string(511, 'x')).size(), 511U);
    EXPECT_EQ(answer_for(std::string(512, 'x')).size(), 512U);
    EXPECT_EQ(code_without_answer(types(std::string(513, 'x'))), PAM_CONV_ERR);
    EXPECT_EQ(code_without_answer(types(std::string(100'000, 'x'))), PAM_CONV_ERR);
}

TEST(Answer, that_is_missing_is_no_answer) {
    EXPECT_EQ(code_without_answer({.text = std::nullopt}), PAM_CONV_ERR);
    EXPECT_EQ(code_without_answer({.array = false}), PAM_CONV_ERR);
}

TEST(Answer, of_a_failed_conversation_does_not_count) {
    for (const int code : {PAM_CONV_ERR, PAM_CONV_AGAIN, PAM_BUF_ERR, PAM_ABORT, -1})
        EXPECT_EQ(code_without_answer({.text = "123456", .code = code}), PAM_CONV_ERR);
}

TEST(Conversation, that_fails_in_account_fails_the_gate) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), expects_withdrawal(wire::Why::no_answer));
    Application application(stack);
    application.replies = {{.code = PAM_CONV_ERR}};
    EXPECT_EQ(application.account(), PAM_CONV_ERR);
}

TEST(Conversation, that_does_not_exist_is_withstood) {
    for (const pam_conv conversation : {pam_conv{nullptr, nullptr}}) {
        Stack stack;
        FakeDaemon daemon(stack.socket(), expects_withdrawal(wire::Why::no_answer));
        Application application(stack);
        pam_set_item(application.pam, PAM_CONV, &conversation);
        EXPECT_EQ(application.authenticate(), PAM_CONV_ERR);
    }
}

TEST(Conversation, that_does_not_exist_is_not_needed_by_a_login_without_questions) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), decides(Decision::granted, "welcome"));
    Application application(stack);
    const pam_conv none{nullptr, nullptr};
    pam_set_item(application.pam, PAM_CONV, &none);
    EXPECT_EQ(application.authenticate(), PAM_SUCCESS);
}

Reply types_the_password(std::string password, std::string typed) {
    return {.text = std::move(typed), .meanwhile = [=](pam_handle_t* pam) {
                // Only modules may set it; for libpam this conversation runs inside of one.
                EXPECT_EQ(pam_set_item(pam, PAM_AUTHTOK, password.c_str()), PAM_SUCCESS);
            }};
}

TEST(BlindConversation, never_sends_the_password_to_the_daemon) {
    (void)take_log();
    EXPECT_EQ(code_without_answer(types_the_password("s3cretpw", "s3cretpw"), wire::Why::blind), PAM_AUTH_ERR);
    const auto log = take_log();
    EXPECT_NE(log.find("keyboard-interactive"), std::string::npos) << log;
    EXPECT_EQ(log.find("s3cretpw"), std::string::npos) << log;
}

TEST(BlindConversation, is_not_one_whose_answer_merely_resembles_the_password) {
    for (const auto* typed : {"s3cretp", "s3cretpww", "S3cretpw", "123456"}) {
        Stack stack;
        FakeDaemon daemon(stack.socket(), asks_and_decides(Decision::granted));
        Application application(stack);
        application.replies = {types_the_password("s3cretpw", typed)};
        EXPECT_EQ(application.authenticate(), PAM_SUCCESS) << typed;
    }
}

TEST(BlindConversation, is_not_enter_alone_from_somebody_without_a_password) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), asks_and_decides(Decision::granted));
    Application application(stack);
    application.replies = {types_the_password("", "")};
    EXPECT_EQ(application.authenticate(), PAM_SUCCESS);
}

TEST(SshdJunk, is_no_answer_at_any_length) {
    const std::string junk = "\b\n\r\177INCORRECT";
    for (std::size_t length = 1; length <= 40; ++length) {
        std::string typed;
        while (typed.size() < length) typed += junk[typed.size() % junk.size()];
        EXPECT_EQ(code_without_answer(types(typed)), PAM_AUTH_ERR) << length;
    }
}

TEST(PamUser, changed_during_the_login_is_a_denial) {
    for (const auto decision : {Decision::granted, Decision::not_required}) {
        Stack stack;
        FakeDaemon daemon(stack.socket(), asks_and_decides(decision));
        Application application(stack);
        const auto becomes = [](const char* name) {
            return [=](pam_handle_t* pam) { EXPECT_EQ(pam_set_item(pam, PAM_USER, name), PAM_SUCCESS); };
        };
        (void)take_log();
        application.replies = {{.text = "123456", .meanwhile = becomes("root")}};
        EXPECT_EQ(application.authenticate(), PAM_AUTH_ERR);
        EXPECT_NE(take_log().find("PAM_USER changed"), std::string::npos);
        application.replies = {{.text = "123456", .meanwhile = becomes("mallory")}};
        EXPECT_EQ(application.account(), PAM_PERM_DENIED);
        application.replies = {{.text = "123456", .meanwhile = becomes(nullptr)}};
        EXPECT_EQ(application.account(), PAM_PERM_DENIED);
    }
}

std::vector<Shown> shown_for(Decision decision, int flags) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), decides(decision, "a line"));
    Application application(stack, "alice", "only-us");
    application.authenticate(flags);
    return application.shown;
}

TEST(VerdictText, is_information_when_it_is_good_news_and_an_error_otherwise) {
    EXPECT_EQ(shown_for(Decision::granted, 0), (std::vector<Shown>{{PAM_TEXT_INFO, "a line"}}));
    EXPECT_EQ(shown_for(Decision::not_required, 0), (std::vector<Shown>{{PAM_TEXT_INFO, "a line"}}));
    EXPECT_EQ(shown_for(Decision::denied, 0), (std::vector<Shown>{{PAM_ERROR_MSG, "a line"}}));
    EXPECT_EQ(shown_for(Decision::unavailable, 0), (std::vector<Shown>{{PAM_ERROR_MSG, "a line"}}));
}

TEST(VerdictText, that_is_information_obeys_PAM_SILENT) {
    EXPECT_TRUE(shown_for(Decision::granted, PAM_SILENT).empty());
    EXPECT_EQ(shown_for(Decision::denied, PAM_SILENT).size(), 1U);
}

/// The prompt that a person sees when the daemon asks with `text`.
Shown prompt_for(const std::string& text, wire::Echo echo = wire::Echo::on) {
    Stack stack;
    FakeDaemon daemon(stack.socket(), [&](Peer& peer) {
        const auto login = peer.expect<wire::Begin>().login;
        peer.say(wire::Ask{1, echo, text});
        (void)peer.expect<wire::Answer>();
        peer.say(wire::Verdict{login, Decision::granted, ""});
    });
    Application application(stack);
    application.replies = {types("1")};
    EXPECT_EQ(application.authenticate(PAM_SILENT), PAM_SUCCESS);
    return application.shown.empty() ? Shown{} : application.shown[0];
}

TEST(Prompt, hides_what_is_typed_only_if_the_daemon_says_so) {
    EXPECT_EQ(prompt_for("PIN: ", wire::Echo::off).style, PAM_PROMPT_ECHO_OFF);
    EXPECT_EQ(prompt_for("Code: ", wire::Echo::on).style, PAM_PROMPT_ECHO_ON);
}

TEST(Prompt, keeps_lines_and_letters_of_every_language) {
    const std::string text = " 1) Grüße\n 2) 手机\n 3) 📱\nCode: ";
    EXPECT_EQ(prompt_for(text).text, text);
}

TEST(Prompt, carries_no_control_characters) {
    EXPECT_EQ(prompt_for("a\x1B[31mb\rc\td\be\x7F"
                         "f")
                  .text,
              "a[31mbcdef");
    EXPECT_EQ(prompt_for("a\xC2\x9B"
                         "b\x9B"
                         "c\xFF"
                         "d\xE2\x82")
                  .text,
              "abcd");
    EXPECT_EQ(prompt_for(std::string("a\0b", 3)).text, "ab");
}

TEST(Prompt, is_cut_at_a_character_within_512_bytes) {
    EXPECT_EQ(prompt_for(std::string(600, 'x')).text, std::string(512, 'x'));
    EXPECT_EQ(prompt_for(std::string(511, 'x') + "é").text, std::string(511, 'x'));
}

TEST(Prompt, is_not_a_format) { EXPECT_EQ(prompt_for("%s%n 100%: ").text, "%s%n 100%: "); }

#ifndef __SANITIZE_ADDRESS__
TEST(Answer, is_wiped_before_it_is_freed) {
    const std::string secret = "canary-314159265";
    for (const Reply& reply : {types(secret), types(secret + std::string(1000, 'x')),
                               Reply{.text = secret, .code = PAM_CONV_ERR}, types_the_password(secret, secret)}) {
        Stack stack;
        FakeDaemon daemon(stack.socket(), [&](Peer& peer) {
            (void)peer.expect<wire::Begin>();
            peer.say(wire::Ask{1, wire::Echo::on, "Code: "});
            (void)peer.is_answered();
        });
        Application application(stack);
        found_at_free = "never freed";
        application.on_typed = [](const char* typed) { watched = typed; };
        application.replies = {reply};
        (void)application.authenticate();
        EXPECT_EQ(found_at_free, std::string(16, '\0'));
    }
}
#endif

}  // namespace
}  // namespace stepup::test
