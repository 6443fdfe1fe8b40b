#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <security/pam_modules.h>
#include <sys/types.h>

#include "common/frame.hpp"
#include "common/secret.hpp"
#include "tests/fuzz/fuzz.hpp"

// Everything that the PAM module calls, played by the input: libpam, the application behind it, the socket and the
// daemon. Beside it runs a model of what the module may make of all that.

namespace stepup::fuzz {

/// What the module is entitled to after what it was told so far.
struct Model {
    bool trusted = false;              ///< the daemon is root's or its own user's
    bool orderly = true;               ///< nothing was said that may not be said
    int turn = 0;                      ///< questions so far
    bool answered = true;              ///< the last question got an answer, and the daemon got that
    std::optional<std::string> typed;  ///< what the daemon must be told next
    std::optional<Decision> decided;   ///< by a verdict about this login, or an offer
    bool offered = false;              ///< nothing but a verdict changes that any more
};

struct World {
    explicit World(Input& from) : input(from) { }

    Input& input;
    uid_t uid = 0;
    std::map<int, std::string> items;                ///< by PAM_USER, PAM_SERVICE …
    std::map<std::string, std::string> environment;  ///< PAM's
    const void* mark = nullptr;
    bool has_conversation = true;
    bool lies = false;        ///< from now on PAM_USER is another
    std::uint64_t login = 0;  ///< that Begin named
    bool was_asked = false;   ///< by the module: the daemon was told of the login
    Model model;
};

/// The world that the module lives in; one at a time.
World*& world();

/// The module's callers hold one of these, and never look inside.
pam_handle_t* handle();

}  // namespace stepup::fuzz
