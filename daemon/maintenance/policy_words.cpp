#include "daemon/maintenance/policy_words.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <tuple>

#include <getopt.h>

#include "common/printable.hpp"
#include "daemon/core/foretelling.hpp"
#include "daemon/maintenance/audit_question.hpp"
#include "daemon/maintenance/policy_screen.hpp"

namespace stepup {
namespace {

constexpr std::size_t longest_service = 64;

constexpr const char* policy_usage = "Usage: stepupd policy check [FILE...]\n"
                                     "       stepupd policy explain USER SERVICE [--from ADDRESS] [--target USER]\n"
                                     "                              [--at TIME] [--signal NAME]...\n"
                                     "       stepupd policy set KEY VALUE [--rule NAME] [--dry-run]\n"
                                     "       stepupd policy edit [DROP-IN]\n"
                                     "       stepupd policy diff\n"
                                     "       stepupd policy profile [NAME [--diff]]\n"
                                     "       stepupd policy standing\n"
                                     "\n"
                                     "All take --json and --config FILE. See stepup policy, in stepup(1).\n";

constexpr std::array options{option{"from", required_argument, nullptr, 'f'},
                             option{"target", required_argument, nullptr, 't'},
                             option{"at", required_argument, nullptr, 'a'},
                             option{"signal", required_argument, nullptr, 's'},
                             option{"rule", required_argument, nullptr, 'r'},
                             option{"dry-run", no_argument, nullptr, 'n'},
                             option{"diff", no_argument, nullptr, 'd'},
                             option{"json", no_argument, nullptr, 'j'},
                             option{"config", required_argument, nullptr, 'c'},
                             option{"help", no_argument, nullptr, 'h'},
                             option{}};

/// As moment_in(), or "14:30" for today.
std::optional<Millis> time_in(std::string_view text, Millis now) {
    if (const auto moment = moment_in(text, now)) return moment;
    const std::time_t seconds = std::chrono::floor<Seconds>(now).count();
    std::tm today{};
    std::array<char, 16> day{};
    if (::localtime_r(&seconds, &today) == nullptr) return std::nullopt;
    if (std::strftime(day.data(), day.size(), "%Y-%m-%d", &today) == 0) return std::nullopt;
    return moment_in(std::string(day.data()) + ' ' + std::string(text), now);
}

Exit complain(const std::string& sentence) {
    show(stderr, "stepup: " + sentence + "\nTry: stepup policy --help");
    return Exit::usage;
}

/// The word that getopt_long() stumbled over: it is on its way through a word of several letters, or just behind it.
std::string_view stumbled_over(int count, char** words) {
    const std::string_view next = optind < count ? words[optind] : "";
    return optopt != 0 && next.starts_with(std::string{'-', static_cast<char>(optopt)}) ? next : words[optind - 1];
}

/// Takes one option; what is wrong with it, or nothing.
const char* take(PolicyQuestion& question, int letter, std::string_view value, Millis now) {
    switch (letter) {
    case 'f':
        question.whence = whence_named(value);
        return question.whence ? nullptr : " is no address; give one, or local, or remote";
    case 't': question.target = value; return value.empty() ? " is nobody's name" : nullptr;
    case 'a': {
        const auto moment = time_in(value, now);
        question.at = moment.value_or(now);
        return moment ? nullptr : " is no time; write it as in \"2026-11-22 14:30\" or 14:30";
    }
    case 's': {
        const auto signal = signal_named(value);
        if (signal) question.signals.insert(*signal);
        return signal ? nullptr : " is no signal; see docs/policy.md";
    }
    case 'c': question.config = value; return value.empty() ? " is no file" : nullptr;
    case 'r': question.rule = value; return value.empty() ? " is no rule" : nullptr;
    case 'n': question.dry_run = true; return nullptr;
    case 'd': question.diff = true; return nullptr;
    case 'j': question.json = true; return nullptr;
    default: return " makes no sense here";
    }
}

/// What a command takes besides --json and --config.
struct CommandRow {
    std::string_view name;
    std::size_t least;  ///< names behind it
    std::size_t most;
    bool attempt;  ///< --from, --target, --at
    bool change;   ///< --rule, --dry-run
    bool diff = false;
};
constexpr std::size_t any_number = 1000;
constexpr std::array commands_with_names{
    CommandRow{"check", 0, any_number, false, false},
    CommandRow{"explain", 2, 2, true, false},
    CommandRow{"set", 2, 2, false, true},
    CommandRow{"edit", 0, 1, false, false},
    CommandRow{"diff", 0, 0, false, false},
    CommandRow{"profile", 0, 1, false, false, true},
    CommandRow{"standing", 0, 0, false, false},
};

bool is_complete(const PolicyQuestion& question, std::size_t names) {
    const bool attempt = question.whence || question.target || !question.signals.empty();
    const bool change = question.dry_run || !question.rule.empty();
    for (const auto& row : commands_with_names)
        if (row.name == question.command)
            return names >= row.least && names <= row.most && (row.attempt || !attempt) && (row.change || !change)
                && (!question.diff || (row.diff && names > 0));
    return false;
}

bool is_file_name(std::string_view name) {
    return is_printable(name, 64) && name.find('/') == name.npos && !name.starts_with('.');
}

std::variant<PolicyQuestion, Exit> with_names(PolicyQuestion question, std::vector<std::string> names) {
    if (!is_complete(question, names.size())) {
        std::fputs(policy_usage, stderr);
        return Exit::usage;
    }
    if (question.command == "check") question.files = std::move(names);
    if (question.command == "set") std::tie(question.key, question.value) = std::tie(names[0], names[1]);
    if (question.command == "profile" && !names.empty()) question.profile = names[0];
    if (question.command == "edit" && !names.empty()) question.drop_in = names[0];
    if (!question.drop_in.empty() && !is_file_name(question.drop_in))
        return complain('"' + printable(question.drop_in) + "\" is no name of a file in policy.d");
    if (question.command != "explain") return question;
    question.user = std::move(names[0]);
    question.service = std::move(names[1]);
    if (!is_printable(question.service, longest_service))
        return complain('"' + printable(question.service) + "\" is no PAM service");
    return question;
}

}  // namespace

std::variant<PolicyQuestion, Exit> read_policy_words(int count, char** words, Millis now) {
    PolicyQuestion question;
    question.at = now;
    optind = 0;
    opterr = 0;
    for (int letter = 0; (letter = ::getopt_long(count, words, ":c:h", options.data(), nullptr)) != -1;) {
        if (letter == 'h') return std::fputs(policy_usage, stdout) < 0 ? Exit::refused : Exit::done;
        if (letter == ':') return complain(printable(words[optind - 1]) + " lacks its value");
        if (letter == '?')
            return complain(printable(stumbled_over(count, words))
                            + " is no option here; a value or name that begins with \"-\" stands behind \"--\"");
        const std::string_view value = optarg != nullptr ? optarg : "";
        if (const char* wrong = take(question, letter, value, now))
            return complain('"' + printable(value) + '"' + wrong);
    }
    if (optind < count) question.command = words[optind++];
    return with_names(std::move(question), {words + optind, words + count});
}

}  // namespace stepup
