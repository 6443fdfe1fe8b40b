#include <fstream>
#include <iterator>

#include "daemon/audit/events.hpp"
#include "daemon/storage/chain.hpp"
#include "daemon/storage/chain_check.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/temporary.hpp"

// A database file with bytes changed anywhere: it is read or refused, and the trail is called whole only if every
// record reads as it was written.

namespace {

using namespace stepup;
using fuzz::must;

constexpr int records = 12;

std::string_view name_of(Event event) { return event_rows[static_cast<std::size_t>(event)].id; }

struct Read {
    bool well = false;
    std::vector<AuditRecord> trail;
    ChainReport report;
};

Read read(const std::string& path) {
    Read found;
    auto database = Database::open_copy(path);
    if (!database) return found;
    const auto done = each_record(*database, INT64_MIN, [&](const AuditRecord& record) {
        found.trail.push_back(record);
        return found.trail.size() < 1000;
    });
    const auto report = verify_chain(*database);
    found.well = done && report;
    if (report) found.report = *report;
    return found;
}

/// A trail as the daemon writes it, and the bytes of its file.
class Original {
public:
    Original() {
        const auto path = (folder.path() / "original.db").string();
        {
            auto database = Database::open(path, Database::Access::write);
            must(database.has_value(), "there can be a database");
            AuditChain chain("boot", name_of);
            must(chain.load(*database).has_value(), "a new chain is empty");
            for (int i = 0; i < records; ++i) {
                const Instant now{Seconds(1'800'000'000 + i), Seconds(i)};
                const AccountKey account{static_cast<uid_t>(1000 + i % 3), "user" + std::to_string(i % 3)};
                must(chain.append(*database, {Event::factor_refused, now, account, "sshd", {{"nr", std::to_string(i)}}})
                         .has_value(),
                     "a record is appended");
            }
        }
        std::ifstream in(path, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(in), {});
        reading = read(path);
        must(reading.well && reading.report.whole && reading.report.length == records, "untouched, it is whole");
    }

    fuzz::TemporaryFolder folder;
    std::string bytes;
    Read reading;
};

bool same(const AuditRecord& a, const AuditRecord& b) {
    return a.row(a.seq).fields == b.row(b.seq).fields && a.seq == b.seq && a.wall == b.wall
        && a.boot_time == b.boot_time && a.boot == b.boot && a.event == b.event && a.uid == b.uid && a.user == b.user
        && a.service == b.service && a.hash == b.hash;
}

/// Where the records lie, mostly; they fill the end of some page.
std::size_t place(fuzz::Input& input, const std::string& bytes) {
    static const auto near = bytes.find("{\"nr\":\"5\"}");
    const auto offset = input.number();
    return input.once_in(2) ? offset % bytes.size() : (near + offset % 4096) % bytes.size();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Original original;
    fuzz::Input input(data, size);
    auto bytes = original.bytes;
    for (int edits = 0; edits < 64 && !input.empty(); ++edits) {
        const auto at = place(input, bytes);
        const auto text = input.once_in(4) ? input.text() : std::string(1, static_cast<char>(input.byte()));
        bytes.replace(at, std::min(text.size(), bytes.size() - at), text);
    }
    if (input.once_in(16)) bytes.resize(input.number() % bytes.size());
    const auto path = (original.folder.path() / "edited.db").string();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    const auto found = read(path);
    if (!found.well || !found.report.whole || found.report.length < records) return 0;
    for (std::size_t i = 0; i < records; ++i)
        must(same(found.trail.at(i), original.reading.trail.at(i)), "a record that was edited shows");
    return 0;
}
