#include "daemon/storage/mark.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "daemon/storage/queries.hpp"
#include "daemon/storage/retention.hpp"
#include "policy/factor_kind.hpp"

namespace stepup {
namespace {

constexpr std::size_t head_size = 14;  // "StepUp mark 1 "
constexpr std::size_t number_size = 19;
constexpr std::size_t whole_size = head_size + number_size + 1 + 64 + 1;
constexpr std::string_view head_text = "StepUp mark 1 ";

std::string line_of(const AuditChain::Mark& head) {
    const auto digits = std::to_string(head.seq);
    return std::string(head_text) + std::string(number_size - digits.size(), '0') + digits + ' '
        + to_hex({head.hash.data(), head.hash.size()}) + '\n';
}

struct Marked {
    std::int64_t seq = 0;
    Bytes hash;
};

std::optional<Marked> parse(std::string_view line) {
    if (line.size() != whole_size || !line.starts_with(head_text) || line.back() != '\n') return std::nullopt;
    Marked found;
    const auto digits = line.substr(head_size, number_size);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), found.seq);
    const auto hash = from_hex(line.substr(head_size + number_size + 1, 64));
    if (error != std::errc{} || end != digits.data() + digits.size() || !hash) return std::nullopt;
    found.hash = *hash;
    return found;
}

}  // namespace

Result<MarkFile> MarkFile::open(const std::string& path) {
    const std::filesystem::path file(path);
    const auto folder = TRY(open_private_folder(file.parent_path()));
    const std::string name = file.filename();
    TRY(check_private_file(folder.fd.get(), name));
    UniqueFd fd(::openat(folder.fd.get(), name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!fd) return fail(Errc::unavailable, "stepup.mark, beside the database, cannot be opened");
    return MarkFile(std::move(fd));
}

std::string MarkFile::text() const {
    std::array<char, whole_size + 1> bytes{};
    const auto size = ::pread(fd_.get(), bytes.data(), bytes.size(), 0);
    return {bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

Result<MarkFile::Standing> MarkFile::compare(Database& database) const {
    if (TRY(database.first<Bytes>(queries::read_meta, brought_back))) return Standing::behind;
    const auto line = text();
    const bool had_one = TRY(database.first<Bytes>(queries::read_meta, marked)).has_value();
    if (line.empty()) return had_one ? Standing::behind : Standing::level;
    const auto mark = parse(line);
    if (!mark) return Standing::behind;
    if (mark->seq == 0) return Standing::level;
    const auto hash = TRY(database.first<Bytes>(queries::hash_in_chain, mark->seq));
    if (hash) return *hash == mark->hash ? Standing::level : Standing::behind;
    const auto start = TRY(trail_start(database));
    return mark->seq <= start.seq ? Standing::level : Standing::behind;  // it came to that row, and removed it
}

Result<> MarkFile::write(const AuditChain::Mark& head) {
    const auto line = line_of(head);
    if (::pwrite(fd_.get(), line.data(), line.size(), 0) != static_cast<ssize_t>(line.size()))
        return fail(Errc::unavailable, "stepup.mark, beside the database, cannot be written");
    return {};
}

void MarkFile::flush() { ::fdatasync(fd_.get()); }

Result<> forget_the_unsure(Database& database, AuditChain& chain, const AuditEntry& event) {
    constexpr int fast_phones = 1;  // a code of the next step is accepted, too (RFC 6238 §5.2)
    TRY(database.run(queries::drop_meta, brought_back));
    TRY(database.run(queries::forget_all));
    TRY(database.run(queries::forget_all_seen));
    TRY(database.run(queries::drop_started));
    TRY(database.run(queries::forget_keys_of_all));
    TRY(database.run(queries::spend_until, event.at.wall.count() / 1000, fast_phones, FactorKind::totp));
    TRY(database.run(queries::doubt_counters, FactorKind::hotp));
    return chain.append(database, event);
}

}  // namespace stepup
