#include "cli/admin_screens.hpp"

#include <initializer_list>

#include "cli/screens.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

struct Cell {
    std::string text;
    std::size_t width;
};

std::string line_of(std::initializer_list<Cell> cells) {
    std::string line;
    for (const auto& cell : cells) line += padded(cut(cell.text, cell.width), cell.width) + ' ';
    return line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
}

std::string accounts_row(const std::string& user, const std::string& uid, const std::string& factors,
                         const std::string& codes, const std::string& locked, const std::string& last) {
    return line_of({{user, 20}, {uid, 10}, {factors, 7}, {codes, 5}, {locked, 16}, {last, 16}});
}

std::string minute(std::uint64_t seconds) { return date(seconds, "%Y-%m-%d %H:%M"); }

std::string lock_of(const AccountStatus& status) {
    if (!status.locked) return "no";
    return status.locked_until == 0 ? "until unlocked" : minute(status.locked_until);
}

std::string last_verified(const AccountStatus& status) {
    return status.last_verified == 0 ? "never" : minute(status.last_verified);
}

std::string why_orphaned(const AccountStatus& status) {
    if (status.account == "gone") return "there is no such user any more";
    return "that user has another uid now";
}

}  // namespace

std::string account_screen(const AccountStatus& status) {
    std::string text = "User:            " + status.user + ", uid " + std::to_string(status.uid) + '\n';
    text += "Policy:          a factor is " + std::string(status.required ? "required" : "not required") + '\n';
    text += "Factors:         " + std::to_string(status.factors) + '\n';
    text += "Recovery codes:  " + std::to_string(status.codes_left) + " of " + std::to_string(status.codes_issued)
        + " left\n";
    if (status.code_until != 0)
        text += "Handed out:      a code that is good once, until " + minute(status.code_until) + '\n';
    text += "Failures:        " + std::to_string(status.failures) + '\n';
    const std::string until
        = status.locked_until == 0 ? "until `stepup admin unlock`" : "until " + minute(status.locked_until);
    text += "Locked:          " + (status.locked ? until : "no") + '\n';
    return text + "Last verified:   " + last_verified(status) + '\n';
}

std::string handed_out_screen(const std::string& user, const HandedOut& out) {
    return "Give this code to " + printable(user) + ". It is shown only now, and good once, until\n"
        + minute(out.expires) + ", at any prompt for a code. It also permits to enroll:\n\n    " + out.code + "\n\n";
}

std::string accounts_head() { return accounts_row("USER", "UID", "FACTORS", "CODES", "LOCKED UNTIL", "LAST VERIFIED"); }

std::string accounts_line(const AccountStatus& status) {
    const auto codes = std::to_string(status.codes_left) + '/' + std::to_string(status.codes_issued);
    return accounts_row(status.user, std::to_string(status.uid), std::to_string(status.factors), codes, lock_of(status),
                        last_verified(status));
}

std::string orphans_head() { return line_of({{"USER", 20}, {"UID", 10}, {"FACTORS", 7}, {"WHY", 39}}); }

std::string orphans_line(const AccountStatus& status) {
    return line_of({{status.user, 20},
                    {std::to_string(status.uid), 10},
                    {std::to_string(status.factors), 7},
                    {why_orphaned(status), 39}});
}

std::string not_enrolled_head() { return line_of({{"USER", 32}, {"UID", 10}, {"POLICY", 20}}); }

std::string not_enrolled_line(const AccountStatus& status) {
    return line_of(
        {{status.user, 32}, {std::to_string(status.uid), 10}, {status.required ? "required" : "not required", 20}});
}

}  // namespace stepup::cli
