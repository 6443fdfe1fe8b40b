#include <cerrno>
#include <csignal>
#include <optional>

#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/wait.h>

#include "cli/verbs.hpp"

// What changes the policy: stepupd's program writes the files, and the daemon is told.

namespace stepup::cli {
namespace {

constexpr int nothing_changed = 10;  // of stepupd, to us

/// While it lives, Ctrl-C ends the child alone, which may have an editor open that wants it.
class LeftToTheChild {
public:
    LeftToTheChild() : interrupt_(std::signal(SIGINT, SIG_IGN)), quit_(std::signal(SIGQUIT, SIG_IGN)) {
        sigset_t usual;
        ::sigemptyset(&usual);
        ::sigaddset(&usual, SIGINT);
        ::sigaddset(&usual, SIGQUIT);
        ::posix_spawnattr_init(&attributes_);
        ::posix_spawnattr_setsigdefault(&attributes_, &usual);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
    }
    ~LeftToTheChild() {
        ::posix_spawnattr_destroy(&attributes_);
        std::signal(SIGINT, interrupt_);
        std::signal(SIGQUIT, quit_);
    }
    LeftToTheChild(const LeftToTheChild&) = delete;
    LeftToTheChild& operator=(const LeftToTheChild&) = delete;
    [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
    void (*interrupt_)(int);
    void (*quit_)(int);
    posix_spawnattr_t attributes_{};
};

/// Runs `stepupd policy WORDS` at this terminal; its exit status, or nothing if it cannot be run or was killed.
std::optional<int> run_stepupd(std::vector<std::string> words) {
    words.insert(words.begin(), {STEPUPD, "policy"});
    std::vector<char*> pointers;
    pointers.reserve(words.size() + 1);
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    pid_t child = 0;
    const LeftToTheChild signals;
    if (::posix_spawn(&child, STEPUPD, nullptr, signals.attributes(), pointers.data(), environ) != 0)
        return std::nullopt;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return std::nullopt;
    if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
    return WEXITSTATUS(status) == 127 ? std::nullopt : std::optional(WEXITSTATUS(status));
}

Exit reload(Desk& desk, bool changed) {
    const auto told = desk.as_admin<PolicyStanding>(
        [](StepUpClient& client, const std::string& token) { return client.reload_policy(token); });
    if (!told && changed)
        return desk.complain({told.error().error,
                              "The files are changed, but stepupd was not told: " + told.error().message
                                  + " It reads them when it starts, or by `systemctl reload stepupd`."});
    if (!told) return desk.complain(told.error());
    const bool taken = told->in_force == "files";
    desk.say_json({{"changed", changed}, {"in_force", told->in_force}, {"problems", told->problems}});
    for (const auto& problem : told->problems) desk.say_why_not(problem);
    if (taken) desk.say("stepupd has it in force.\n");
    if (!taken && told->in_force == "last good")
        desk.say_why_not("stepupd did not take it: the last good policy stays in force.");
    if (!taken && told->in_force != "last good")
        desk.say_why_not("stepupd did not take it: there never was a good policy, so everybody is asked every time.");
    return taken ? Exit::done : Exit::refused;
}

Exit change(Desk& desk, const char* command, const std::vector<std::string>& names) {
    std::vector<std::string> words{command};
    if (desk.options.json) words.emplace_back("--json");
    words.insert(words.end(), desk.options.policy.begin(), desk.options.policy.end());
    words.emplace_back("--");
    words.insert(words.end(), names.begin(), names.end());
    const auto status = run_stepupd(std::move(words));
    if (!status)
        return desk.complain({ManagementError::unavailable, "stepupd cannot be run: " STEPUPD " is missing or broken"});
    if (*status == nothing_changed) return Exit::done;
    if (*status != 0) return static_cast<Exit>(*status);
    return reload(desk, true);
}

}  // namespace

Exit policy_set(Desk& desk) { return change(desk, "set", {desk.options.which, desk.options.value}); }
Exit policy_edit(Desk& desk) {
    return change(desk, "edit",
                  desk.options.which.empty() ? std::vector<std::string>{} : std::vector{desk.options.which});
}
Exit policy_reload(Desk& desk) { return reload(desk, false); }

}  // namespace stepup::cli
