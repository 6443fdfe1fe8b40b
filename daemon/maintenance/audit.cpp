#include <clocale>
#include <cstdio>
#include <ctime>
#include <limits>

#include <poll.h>

#include "common/printable.hpp"
#include "daemon/maintenance/audit_screen.hpp"
#include "daemon/maintenance/audit_verify.hpp"
#include "daemon/maintenance/command.hpp"
#include "daemon/maintenance/trail.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {
namespace {

constexpr int between_looks = 250;  // milliseconds

/// Prints what a question asks for.
class Show {
public:
    Show(const AuditQuestion& question, Trail& trail)
        : question_(question),
          trail_(trail),
          width_(width_of_output()) { }

    Exit run() {
        auto shown = find_start().and_then([this] { return print_new(); });
        while (shown && question_.follow && !failed_) {
            ::poll(nullptr, 0, between_looks);
            if (trail_.reopen_if_replaced()) (void)go_back_if_shortened().and_then([this] { return print_new(); });
        }
        if (!shown) return trail_.complain(shown.error());
        return failed_ ? Exit::refused : Exit::done;
    }

private:
    [[nodiscard]] bool matches(const AuditRecord& record) const {
        const auto& user = question_.user;
        return record.wall >= question_.since && record.wall <= question_.until
            && (question_.event.empty() || record.event == question_.event)
            && (user.empty() || record.user == user || std::to_string(record.uid) == user);
    }

    /// With -n: goes back over so many that match, and remembers none of them.
    [[nodiscard]] Result<> find_start() {
        if (!question_.last) return {};
        auto left = *question_.last;
        after_ = 0;
        return each_record_backwards(trail_.database(), std::numeric_limits<std::int64_t>::max(),
                                     [&](const AuditRecord& record) {
                                         if (left == 0 || (matches(record) && --left == 0)) {
                                             after_ = *question_.last == 0 ? record.seq : record.seq - 1;
                                             return false;
                                         }
                                         return true;
                                     });
    }

    [[nodiscard]] Result<> print_new() {
        const auto read = each_record(trail_.database(), after_, [this](const AuditRecord& record) {
            after_ = record.seq;
            if (!matches(record)) return true;
            const auto text = question_.json ? to_json(record) : to_text(record, width_);
            failed_ = std::fwrite(text.data(), 1, text.size(), stdout) != text.size();
            return !failed_;
        });
        failed_ = std::fflush(stdout) != 0 || failed_;
        return read;
    }

    /// Another database was put in the place of the one that was read.
    [[nodiscard]] Result<> go_back_if_shortened() {
        const auto head = TRY(trail_.database().first<std::int64_t>(queries::audit_head)).value_or(0);
        if (head >= after_) return {};
        std::fprintf(stderr, "stepup: the trail ends at %lld now: another database is in its place\n",
                     static_cast<long long>(head));
        after_ = head;
        return {};
    }

    const AuditQuestion& question_;
    Trail& trail_;
    std::size_t width_;
    std::int64_t after_ = std::numeric_limits<std::int64_t>::min();
    bool failed_ = false;
};

}  // namespace

int audit_command(int count, char** words) {
    std::setlocale(LC_ALL, "");
    const auto read = read_audit_words(count, words, SystemClock().now().wall);
    if (const auto* ended = std::get_if<Exit>(&read)) return static_cast<int>(*ended);
    const auto& question = std::get<AuditQuestion>(read);
    std::optional<Journal> journal;
    if (question.verify)  // with root's rights, which Trail gives up
        if (auto known = Journal::open(question.journal)) journal = std::move(*known);
    if (!question.journal.empty() && !journal) {
        std::fprintf(stderr, "stepup: %s: no journal files can be read there\n", printable(question.journal).c_str());
        return static_cast<int>(Exit::unreachable);
    }
    auto opened = Trail::open(question);
    if (const auto* ended = std::get_if<Exit>(&opened)) return static_cast<int>(*ended);
    auto& trail = std::get<Trail>(opened);
    if (question.verify) return static_cast<int>(verify_trail(question, trail, journal));
    return static_cast<int>(Show(question, trail).run());
}

}  // namespace stepup
