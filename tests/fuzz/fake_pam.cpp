#include "tests/fuzz/fake_pam.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstring>

#include <fcntl.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <unistd.h>

namespace stepup::fuzz {
namespace {

constexpr uid_t daemon_uid = 990;

bool fails() { return world()->input.once_in(100); }

/// What people and programs type, some of it longer than PAM allows.
std::string typed(Input& input) {
    switch (input.up_to(5)) {
    case 0: return "123456";
    case 1: return "";
    case 2: return "\b\n\r\177INCORRECT";
    case 3: return world()->items[PAM_AUTHTOK];
    case 4: return std::string(input.byte() * 8U, 'x');
    default: return input.text();
    }
}

void check_shown(const pam_message& message) {
    const std::string_view text = message.msg;
    must(text.size() <= wire::max_prompt, "what is shown fits into a message of PAM's");
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        must((byte >= 0x20 && byte != 0x7F) || byte == '\n', "nothing controls the terminal");
        must(byte < 0x80 || byte >= 0xA0 || (i > 0 && static_cast<unsigned char>(text[i - 1]) >= 0x80),
             "no stray byte does, either");
        must(byte != 0xC2 || (i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xA0), "nor C1");
    }
}

/// The application: answers, or fails, or does both.
int converse(int count, const pam_message** messages, pam_response** replies, void* /*data*/) {
    must(count == 1, "one message a call");
    check_shown(*messages[0]);
    auto& input = world()->input;
    const auto how = input.up_to(15);
    const bool is_question
        = messages[0]->msg_style == PAM_PROMPT_ECHO_ON || messages[0]->msg_style == PAM_PROMPT_ECHO_OFF;
    if (how == 0) return PAM_CONV_ERR;
    if (how == 1) return PAM_SUCCESS;  // and no reply at all
    *replies = static_cast<pam_response*>(std::calloc(1, sizeof(pam_response)));
    if (how == 2) return PAM_SUCCESS;  // a reply without a text
    auto text = typed(input);
    text = text.substr(0, text.find('\0'));
    (*replies)->resp = ::strdup(text.c_str());
    const bool junk = !text.empty() && std::string_view("\b\n\r\177INCORRECT").starts_with(text.substr(0, 13));
    const auto password = world()->items.find(PAM_AUTHTOK);
    const bool is_password = !text.empty() && password != world()->items.end() && password->second == text;
    if (is_question && how != 3 && !junk && !is_password && text.size() <= Secret::capacity)
        world()->model.typed = text;
    if (is_question && world()->items.contains(PAM_USER))
        world()->lies = input.once_in(50);  // what is told afterwards is told by the one who decided
    return how == 3 ? PAM_CONV_ERR : PAM_SUCCESS;
}

const pam_conv conversation{converse, nullptr};

std::string little_endian(std::uint64_t value, std::size_t bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
    return out;
}
std::string wire_text(const std::string& text) { return little_endian(text.size(), 2) + text; }

std::string question(Input& input, int turn) {
    const bool wrong_turn = input.once_in(16);
    return "\2" + little_endian(wrong_turn ? input.byte() : static_cast<unsigned>(turn), 1)
        + little_endian(input.once_in(32) ? 2 : input.up_to(1), 1) + wire_text(input.text());
}

std::string verdict(Input& input) {
    constexpr std::array<std::uint32_t, 5> decisions{0x5AC3961D, 0xA1397E68, 0x3F6CC8B2, 0xC4952147, 0};
    const auto login = world()->login + (input.once_in(8) ? 1 : 0);
    return "\4" + little_endian(login, 8)
        + little_endian(input.once_in(16) ? input.number() : decisions.at(input.up_to(4)), 4) + wire_text(input.text());
}

std::string offer(Input& input, int turn) {
    constexpr std::array<std::uint32_t, 4> decisions{0x5AC3961D, 0x5AC3961D, 0xA1397E68, 0};
    return "\x9" + little_endian(world()->login + (input.once_in(8) ? 1 : 0), 8)
        + little_endian(decisions.at(input.up_to(3)), 4)
        + little_endian(input.once_in(16) ? input.byte() : static_cast<unsigned>(turn), 1) + wire_text(input.text());
}

std::string packet(Input& input, Model& model) {
    auto bytes = input.up_to(3) == 3 ? input.text()
        : input.once_in(6)           ? offer(input, model.turn + 1)
        : input.once_in(3)           ? verdict(input)
                                     : question(input, model.turn + 1);
    if (input.once_in(16) && !bytes.empty()) bytes[input.byte() % bytes.size()] = static_cast<char>(input.byte());
    if (input.once_in(32)) bytes += 'x';
    if (input.once_in(32)) bytes.resize(bytes.size() / 2);
    return bytes;
}

std::uint64_t read_number(const std::string& bytes, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

/// docs/protocol.md once more, byte by byte: what may `bytes` say now?
void judge(Model& model, const std::string& bytes) {
    const auto ends_with_text
        = [&](std::size_t at) { return bytes.size() >= at + 2 && bytes.size() == at + 2 + read_number(bytes, at, 2); };
    if (!model.answered) model.orderly = false;
    const bool is_verdict = bytes.starts_with('\4') && ends_with_text(13) && read_number(bytes, 1, 8) == world()->login;
    if (model.offered) {
        constexpr std::array<std::uint64_t, 4> words{0x5AC3961D, 0xA1397E68, 0x3F6CC8B2, 0xC4952147};
        if (is_verdict && std::find(words.begin(), words.end(), read_number(bytes, 9, 4)) != words.end())
            model.decided = static_cast<Decision>(read_number(bytes, 9, 4));
        return;
    }
    if (bytes.starts_with('\x9') && ends_with_text(14)) {
        const bool in_order = model.turn > 0 && static_cast<unsigned char>(bytes[13]) == model.turn + 1;
        model.offered = in_order && read_number(bytes, 1, 8) == world()->login
            && read_number(bytes, 9, 4) == static_cast<std::uint64_t>(Decision::granted);
        if (model.offered)
            model.decided = Decision::granted;
        else
            model.orderly = false;
        return;
    }
    if (bytes.starts_with('\2') && ends_with_text(3)) {
        const bool in_order = static_cast<unsigned char>(bytes[1]) == model.turn + 1 && model.turn < wire::max_asks;
        if (!in_order || static_cast<unsigned char>(bytes[2]) > 1) model.orderly = false;
        ++model.turn;
        model.answered = false;
        return;
    }
    if (is_verdict)
        model.decided = static_cast<Decision>(read_number(bytes, 9, 4));
    else
        model.orderly = false;
}

/// The module says something: the login itself, an answer, or that there is none.
void hear(const std::string& bytes) {
    auto& model = world()->model;
    must(model.orderly && (model.offered || !model.decided),
         "nothing is said to a daemon out of order, or after the verdict");
    if (bytes.starts_with('\1')) {
        must(!world()->was_asked && bytes.size() >= 16, "a login begins once");
        world()->login = read_number(bytes, 3, 8);
        world()->was_asked = true;
    } else if (bytes.starts_with('\3')) {
        must(model.typed.has_value(), "nobody answers but the user");
        const int asked = model.turn + (model.offered ? 1 : 0);
        must(bytes == "\3" + little_endian(static_cast<unsigned>(asked), 1) + wire_text(*model.typed),
             "the daemon hears what was typed");
        model.typed.reset();
        model.answered = true;
    } else {
        must(bytes == std::string("\5\1") || bytes == std::string("\5\2"), "else nobody will answer");
        if (!model.offered) model.orderly = false;
    }
}

}  // namespace

World*& world() {
    static World* one = nullptr;
    return one;
}

pam_handle_t* handle() { return reinterpret_cast<pam_handle_t*>(world()); }

}  // namespace stepup::fuzz

using namespace stepup;
using stepup::fuzz::world;

// The socket.

Result<UniqueFd> stepup::connect_to(std::string_view, Deadline) {
    constexpr std::array errors{Errc::not_found, Errc::timed_out, Errc::unavailable, Errc::too_large};
    if (fuzz::fails()) return fail(errors.at(world()->input.up_to(3)), "as the input says");
    return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

Result<uid_t> stepup::server_uid(int) {
    if (fuzz::fails()) return fail(Errc::unavailable, "as the input says");
    const uid_t uid = world()->input.once_in(16) ? 1000 : world()->input.once_in(2) ? fuzz::daemon_uid : 0;
    world()->model.trusted = uid == 0;
    if (uid == fuzz::daemon_uid) world()->model.trusted = true;
    return uid;
}

Result<> stepup::send_packet(int, wire::PacketView packet, Deadline) {
    fuzz::hear({reinterpret_cast<const char*>(packet.data()), packet.size()});
    if (!fuzz::fails()) return {};
    if (!world()->model.offered) world()->model.orderly = false;
    return fail(Errc::closed, "as the input says");
}

Result<wire::PacketView> stepup::receive_packet(int, wire::Packet buffer, Deadline) {
    constexpr std::array errors{Errc::closed, Errc::timed_out, Errc::too_large, Errc::unavailable};
    auto& model = world()->model;
    if (fuzz::fails() || world()->input.empty()) {
        if (!model.offered) model.orderly = false;
        return fail(errors.at(world()->input.up_to(3)), "as the input says");
    }
    const auto bytes = fuzz::packet(world()->input, model);
    fuzz::judge(model, bytes);
    std::copy(bytes.begin(), bytes.end(), buffer.begin());
    return wire::PacketView(buffer.data(), bytes.size());
}

// libpam, and the two calls of libc's that say who runs us.

extern "C" {

uid_t getuid() noexcept { return world() == nullptr ? 0 : world()->uid; }
uid_t geteuid() noexcept { return 0; }

int pam_get_item(const pam_handle_t*, int which, const void** value) {
    static std::string other;
    *value = nullptr;
    if (fuzz::fails()) return PAM_BAD_ITEM;
    if (which == PAM_CONV) {
        *value = world()->has_conversation ? &fuzz::conversation : nullptr;
        return PAM_SUCCESS;
    }
    const auto found = world()->items.find(which);
    if (found == world()->items.end()) return PAM_SUCCESS;
    other = found->second + "x";
    *value = which == PAM_USER && world()->lies ? other.c_str() : found->second.c_str();
    return PAM_SUCCESS;
}

int pam_get_user(pam_handle_t* pam, const char** user, const char*) {
    const void* value = nullptr;
    const int code = pam_get_item(pam, PAM_USER, &value);
    *user = static_cast<const char*>(value);
    return code;
}

const char* pam_getenv(pam_handle_t*, const char* name) {
    const auto found = world()->environment.find(name);
    return found == world()->environment.end() ? nullptr : found->second.c_str();
}

int pam_set_data(pam_handle_t*, const char*, void* data, void (*)(pam_handle_t*, void*, int)) {
    if (fuzz::fails()) return PAM_BUF_ERR;
    world()->mark = data;
    return PAM_SUCCESS;
}

int pam_get_data(const pam_handle_t*, const char*, const void** data) {
    *data = world()->mark;
    return *data == nullptr ? PAM_NO_MODULE_DATA : PAM_SUCCESS;
}

struct passwd* pam_modutil_getpwnam(pam_handle_t*, const char* name) {
    static passwd daemon{};
    daemon.pw_uid = fuzz::daemon_uid;
    fuzz::must(std::string_view(name) == "stepup", "nobody else's socket is trusted");
    if (!fuzz::fails()) return &daemon;
    world()->model.trusted = false;
    return nullptr;
}

void pam_syslog(const pam_handle_t*, int, const char* format, ...) {
    char line[1024];
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(line, sizeof line, format, arguments);  // ASan reads along
    va_end(arguments);
    if (std::strstr(format, "option") != nullptr) return;  // what the administrator wrote
    for (const auto& typed : {world()->model.typed, std::optional(world()->items[PAM_AUTHTOK])})
        fuzz::must(!typed || typed->size() < 6 || std::strstr(line, typed->c_str()) == nullptr,
                   "nothing typed is logged");
}
}
