#include <array>
#include <vector>

#include "pam_module/codes.hpp"
#include "tests/fuzz/fake_pam.hpp"

// The whole PAM module between a libpam, an application, a socket and a daemon that do as the input says: it lets
// somebody in only where the model in fake_pam.cpp does.

namespace {

using namespace stepup;
using fuzz::must;

bool came_with_key(const fuzz::World& world) {
    const auto found = world.environment.find("SSH_AUTH_INFO_0");
    return found != world.environment.end() && ("\n" + found->second).find("\npublickey ") != std::string::npos;
}

struct Arguments {
    std::vector<std::string> texts;
    bool valid = true;
    bool after_key = false;

    explicit Arguments(fuzz::Input& input) {
        for (auto count = input.up_to(2); texts.size() < count;) {
            constexpr std::array<const char*, 6> known{"debug",     "after_key", "timeout=5",
                                                       "timeout=4", "socket=/x", "socket=x"};
            const auto which = input.up_to(15);
            texts.emplace_back(which < known.size() ? known.at(which) : input.once_in(4) ? input.text() : "debug");
            texts.back() = texts.back().c_str();  // up to its NUL
            after_key = after_key || texts.back() == "after_key";
        }
    }
};

void furnish(fuzz::World& world) {
    auto& input = world.input;
    constexpr std::array services{"sshd", "sudo", "su-l", "login", "sudo-x"};
    world.uid = input.once_in(4) ? 0 : 1000;
    world.items[PAM_SERVICE] = services.at(input.up_to(4));
    if (!input.once_in(32)) world.items[PAM_USER] = input.once_in(32) ? std::string(input.byte() * 2U, 'u') : "alice";
    if (input.once_in(4)) world.items[PAM_AUTHTOK] = "hunter2-hunter2";
    if (input.once_in(4)) world.items[PAM_RHOST] = input.once_in(8) ? std::string(20'000, 'h') : input.text().c_str();
    if (input.once_in(2)) world.environment["SSH_AUTH_INFO_0"] = input.text().c_str();
    world.has_conversation = !input.once_in(64);
}

void check_gate(int code, const fuzz::World& world, bool is_auth, bool after_key) {
    const auto& model = world.model;
    const bool counts = model.trusted && model.orderly && model.answered && !world.lies && world.was_asked;
    if (code == PAM_SUCCESS) {
        must(counts && model.decided == Decision::granted, "only a verdict of the daemon's lets anybody in");
        must(!is_auth || !after_key || came_with_key(world), "after_key: and only behind a key");
    }
    if (code == PAM_IGNORE) {
        const auto& service = world.items.at(PAM_SERVICE);
        const bool roots_own = world.uid == 0 && (service == "sudo" || service == "su-l");
        must(roots_own || (counts && model.decided == Decision::not_required),
             "only what is not required is passed over");
    }
    must(code != PAM_AUTHINFO_UNAVAIL || model.turn == 0 || model.decided == Decision::unavailable,
         "who was asked cannot make it look as if the daemon were down");
    must(code == PAM_SUCCESS || code == PAM_IGNORE || code == PAM_AUTH_ERR || code == PAM_PERM_DENIED
             || code == PAM_AUTHINFO_UNAVAIL || code == PAM_CONV_ERR || code == PAM_SYSTEM_ERR,
         "every code is one of the table's");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    fuzz::World world(input);
    fuzz::world() = &world;
    furnish(world);
    const Arguments arguments(input);
    std::vector<const char*> argv;
    for (const auto& text : arguments.texts) argv.push_back(text.c_str());
    const int argc = static_cast<int>(argv.size());
    const int flags = input.once_in(4) ? PAM_SILENT : 0;
    auto* const pam = fuzz::handle();
    switch (input.up_to(7)) {
    case 0: must(pam_sm_open_session(pam, flags, argc, argv.data()) == PAM_SUCCESS, "a session opens"); break;
    case 1: must(pam_sm_close_session(pam, flags, argc, argv.data()) == PAM_SUCCESS, "and closes"); break;
    case 2:
        must(pam_sm_chauthtok(pam, input.once_in(2) ? PAM_UPDATE_AUTHTOK : 0, argc, argv.data()) == PAM_IGNORE,
             "a new password is the others' business");
        break;
    case 3:
    case 4: check_gate(pam_sm_acct_mgmt(pam, flags, argc, argv.data()), world, false, arguments.after_key); break;
    default:
        const int code = pam_sm_authenticate(pam, flags, argc, argv.data());
        check_gate(code, world, true, arguments.after_key);
        must(pam_sm_setcred(pam, 0, 0, nullptr) == PAM_IGNORE || code == PAM_SUCCESS, "setcred repeats what auth said");
    }
    fuzz::world() = nullptr;
    return 0;
}
