#include <fstream>

#include "policy/decide.hpp"
#include "policy/load.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/temporary.hpp"

// policy.good, the copy that counts when policy.toml is broken: a whole policy comes out of it, or the strictest one.

using namespace stepup;
using fuzz::must;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::TemporaryFolder folder;
    std::ofstream(folder.path() / "policy.good", std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    const auto loaded = load_or_last_good(folder.path() / "policy.toml", folder.path());  // there is none
    must(!loaded.problems.empty(), "a broken policy is never passed over in silence");
    must(loaded.origin != Origin::files, "nothing was read from a file that is not there");
    if (loaded.origin == Origin::last_good) {
        must(loaded.policy.defaults.level.has_value(), "what was kept is a whole policy");
        return 0;
    }
    must(loaded.policy == built_in_policy(), "no good copy: the strictest policy");
    must(decide(loaded.policy, {"sshd", "alice", {}, {}}) == strictest(), "which asks everybody, every time");
    return 0;
}
