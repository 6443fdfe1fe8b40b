#include "daemon/maintenance/audit_question.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

#include <getopt.h>

#include "common/bytes.hpp"
#include "common/printable.hpp"
#include "daemon/audit/events.hpp"

namespace stepup {
namespace {

constexpr std::uint64_t shown_at_once = 50;
constexpr std::uint64_t shown_before_following = 10;

constexpr const char* audit_usage
    = "Usage: stepupd audit [--user USER] [--event EVENT] [--since TIME] [--until TIME]\n"
      "                     [-n N | -n all] [--follow] [--json] [--file DATABASE]\n"
      "       stepupd audit --verify [--anchor HASH:SEQ] [--journal FOLDER] [--json]\n"
      "                     [--file DATABASE]\n"
      "\n"
      "Shows the audit trail, or verifies that nobody changed it. Works whether the daemon\n"
      "runs or not, and does not disturb it.\n"
      "\n"
      "  -u, --user USER       only this user: name or uid\n"
      "  -e, --event EVENT     only this event: id (MFA-1004) or name (locked)\n"
      "  -S, --since TIME      not older than: 2h, 7d, 2026-11-22, \"2026-11-22 14:30\"\n"
      "  -U, --until TIME      not newer than\n"
      "  -n, --lines N         the last N, or all; without it 50, and all with --since\n"
      "  -f, --follow          go on with what comes\n"
      "      --verify          follow the chain of hashes, and compare it with the journal\n"
      "      --anchor HASH:SEQ head of the chain, written down earlier\n"
      "      --journal FOLDER  compare with the journal files in FOLDER\n"
      "      --file DATABASE   a copy or a backup, instead of this host's database\n"
      "      --json            one object a line\n"
      "  -c, --config FILE     settings (default /etc/stepup/stepup.toml)\n"
      "  -h, --help            print this and exit\n"
      "\n"
      "Exit status: 0 shown, or whole; 1 not whole; 2 usage; 3 cannot be read;\n"
      "4 not authorized.\n";

constexpr std::array options{
    option{"user", required_argument, nullptr, 'u'},    option{"event", required_argument, nullptr, 'e'},
    option{"since", required_argument, nullptr, 'S'},   option{"until", required_argument, nullptr, 'U'},
    option{"lines", required_argument, nullptr, 'n'},   option{"follow", no_argument, nullptr, 'f'},
    option{"verify", no_argument, nullptr, 'v'},        option{"anchor", required_argument, nullptr, 'a'},
    option{"journal", required_argument, nullptr, 'J'}, option{"file", required_argument, nullptr, 'F'},
    option{"json", no_argument, nullptr, 'j'},          option{"config", required_argument, nullptr, 'c'},
    option{"help", no_argument, nullptr, 'h'},          option{}};

template <class T> std::optional<T> number_in(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::string> event_in(std::string_view text) {
    for (const auto& row : event_rows)
        if (row.id == text || row.name == text) return std::string(row.id);
    return std::nullopt;
}

std::optional<Millis> ago(std::string_view text, Millis now) {
    constexpr std::array units{std::pair{'s', 1}, std::pair{'m', 60}, std::pair{'h', 3600}, std::pair{'d', 86'400},
                               std::pair{'w', 604'800}};
    if (text.empty()) return std::nullopt;
    const auto count = number_in<std::uint32_t>(text.substr(0, text.size() - 1));
    for (const auto& [letter, seconds] : units)
        if (count && letter == text.back()) return now - Millis(std::int64_t{*count} * seconds * 1000);
    return std::nullopt;
}

/// Takes one option; false if it makes no sense.
bool take(AuditQuestion& question, int letter, std::string_view value, Millis now) {
    const auto put = [](auto& to, const auto& from) { return from ? (to = *from, true) : false; };
    switch (letter) {
    case 'u': question.user = value; return !value.empty();
    case 'e': return put(question.event, event_in(value));
    case 'S': return put(question.since, moment_in(value, now));
    case 'U': return put(question.until, moment_in(value, now));
    case 'n':
        question.last = value == "all" ? std::optional<std::uint64_t>(UINT64_MAX) : number_in<std::uint64_t>(value);
        return question.last.has_value();
    case 'a': return question.anchor = anchor_in(value), question.anchor.has_value();
    case 'J': question.journal = value; return !value.empty();
    case 'F': question.file = value; return !value.empty();
    case 'c': question.config = value; return !value.empty();
    case 'f': return question.follow = true;
    case 'j': return question.json = true;
    case 'v': return question.verify = true;
    default: return false;
    }
}

Exit complain(const std::string& sentence) {
    std::fprintf(stderr, "stepup: %s\nTry: stepup audit --help\n", sentence.c_str());
    return Exit::usage;
}

const char* what_it_takes(int letter) {
    switch (letter) {
    case 'e': return " is no event; docs/audit-events.md lists them, as in MFA-1004 or locked";
    case 'S':
    case 'U': return " is no time; write it as in 2h, 7d, 2026-11-22 or \"2026-11-22 14:30\"";
    case 'n': return " is no number of lines; give one, or all";
    case 'a': return " is no anchor; give HASH:SEQ as --verify prints it";
    default: return " makes no sense here";
    }
}

}  // namespace

std::variant<AuditQuestion, Exit> read_audit_words(int count, char** words, Millis now) {
    AuditQuestion question;
    optind = 0;
    opterr = 0;
    for (int letter = 0; (letter = ::getopt_long(count, words, "u:e:S:U:n:fc:h", options.data(), nullptr)) != -1;) {
        if (letter == 'h') return std::fputs(audit_usage, stdout) < 0 ? Exit::refused : Exit::done;
        if (letter == '?') return complain(printable(words[optind - 1]) + " is unknown, or lacks its value");
        const std::string_view value = optarg != nullptr ? optarg : "";
        if (!take(question, letter, value, now)) return complain('"' + printable(value) + '"' + what_it_takes(letter));
    }
    if (optind != count) return complain('"' + printable(words[optind]) + "\" is no option");
    if (question.verify
        && (question.follow || question.last || !question.user.empty() || !question.event.empty()
            || question.since != Millis::min() || question.until != Millis::max()))
        return complain("--verify reads the whole trail: it takes no filter");
    if (!question.verify && (question.anchor || !question.journal.empty()))
        return complain("--anchor and --journal go with --verify");
    if (!question.last && question.since == Millis::min())
        question.last = question.follow ? shown_before_following : shown_at_once;
    if (question.last == UINT64_MAX) question.last.reset();
    return question;
}

std::optional<Millis> moment_in(std::string_view text, Millis now) {
    if (const auto relative = ago(text, now)) return relative;
    if (text.starts_with('@')) {
        const auto seconds = number_in<std::int32_t>(text.substr(1));
        return seconds ? std::optional(Millis(std::int64_t{*seconds} * 1000)) : std::nullopt;
    }
    std::string typed(text);
    const bool utc = typed.ends_with('Z');
    if (utc) typed.pop_back();
    std::replace(typed.begin(), typed.end(), 'T', ' ');
    for (const char* format : {"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
        std::tm moment{};
        moment.tm_isdst = -1;
        const char* end = ::strptime(typed.c_str(), format, &moment);
        if (end == nullptr || *end != '\0') continue;
        // mktime would take 30 February for 2 March.
        const std::chrono::year_month_day day{std::chrono::year(moment.tm_year + 1900),
                                              std::chrono::month(static_cast<unsigned>(moment.tm_mon + 1)),
                                              std::chrono::day(static_cast<unsigned>(moment.tm_mday))};
        if (!day.ok()) return std::nullopt;
        return Millis(std::int64_t{utc ? ::timegm(&moment) : std::mktime(&moment)} * 1000);
    }
    return std::nullopt;
}

std::optional<Anchor> anchor_in(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto hash = from_hex(text.substr(0, colon));
    const auto seq = number_in<std::int64_t>(text.substr(colon + 1));
    Anchor anchor;
    if (!hash || !seq || *seq < 0 || hash->size() != anchor.hash.size()) return std::nullopt;
    anchor.seq = *seq;
    std::copy(hash->begin(), hash->end(), anchor.hash.begin());
    return anchor;
}

std::string to_text(const Anchor& anchor) { return to_hex(view(anchor.hash)) + ':' + std::to_string(anchor.seq); }

}  // namespace stepup
