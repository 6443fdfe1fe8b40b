#include <array>
#include <filesystem>
#include <fstream>

#include "daemon/stepup/session.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/temporary.hpp"

// /proc, where the name of a process and of its unit are its owner's to choose, and where files end early.

namespace {

using namespace stepup;
using fuzz::must;
namespace fs = std::filesystem;

void check_stat(const std::string& text) {
    const auto plain = parse_stat(text);
    const auto end = text.rfind(')');
    must(end != text.npos || !plain, "without a name there is nothing to read");
    if (end == text.npos) return;
    const auto named = parse_stat("7 (x) S 1 1 1 1 1 (" + text.substr(0, end) + ") R 0 0 0 0" + text.substr(end));
    must(plain.has_value() == named.has_value(), "no name makes or hides a process");
    must(!plain
             || (plain->start == named->start && plain->parent == named->parent && plain->terminal == named->terminal
                 && plain->session == named->session),
         "no name changes what is read");
}

void check_scope(const std::string& cgroup) {
    const auto scope = parse_scope(cgroup);
    if (scope.empty()) return;
    must(scope.starts_with("session-") && scope.ends_with(".scope") && scope.find('/') == scope.npos,
         "a scope is one of logind's sessions");
    const auto before = cgroup.substr(0, cgroup.find("/" + scope));
    must(before.ends_with(".slice") && before.find("/user.slice/user-") != before.npos
             && before.find(".service") >= before.find("/user.slice/user-"),
         "it stands directly in a user's slice");
}

void check_numbers(const std::string& text) {
    const auto audit = parse_audit_number(text);
    must(!audit || *audit != UINT32_MAX, "the unset number is no number");
    must(!audit || text.find(std::to_string(*audit)) != text.npos, "a number stands in the text");
    const auto uids = parse_uids(text);
    must(!uids || text.find("\nUid:") != text.npos, "uids stand behind their label");
}

/// Three processes, each other's parents as the input likes.
void check_reader(fuzz::Input& input) {
    static const fuzz::TemporaryFolder folder;
    constexpr std::array files{"stat", "status", "loginuid", "sessionid", "cgroup"};
    for (const auto* pid : {"1", "2", "3"})
        for (const auto* file : files) {
            const auto path = folder.path() / pid / file;
            fs::create_directories(path.parent_path());
            if (const auto text = input.until('\f'); text != "absent")
                std::ofstream(path, std::ios::trunc) << text;
            else
                fs::remove(path);
        }
    const ProcReader proc(folder.path());
    const auto session = proc.session_of(1);
    must(!session || session->process.pid == 1, "a session is of the process that was asked about");
    must(!session || proc.alive(session->process), "whoever was read is there");
    must(!session || !session->foreground || session->terminal != 0, "without a terminal there is no foreground");
    must(proc.lineage({1, 0}).size() <= 64, "a circle of parents ends");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto kind = input.up_to(3);
    if (kind == 3) {
        check_reader(input);
        return 0;
    }
    const auto text = input.all();
    kind == 0 ? check_stat(text) : kind == 1 ? check_scope(text) : check_numbers(text);
    return 0;
}
