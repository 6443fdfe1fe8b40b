#include "daemon/storage/backup.hpp"

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "common/write_all.hpp"
#include "daemon/storage/files.hpp"
#include "daemon/storage/recovery_share.hpp"

namespace stepup {
namespace {

constexpr std::string_view title = "StepUp backup 1\n";
constexpr std::string_view purpose = "StepUp 1 backup";
constexpr std::size_t head_size = title.size() + 8 + envelope_size;
constexpr std::size_t piece_size = 65536;

/// Pieces are numbered, and the last one says so: none can be dropped, moved or added.
Bytes nonce_of(std::uint64_t number, bool last) {
    Bytes nonce;
    put_number(nonce, number);
    nonce.append(3, '\0');
    nonce += last ? '\1' : '\0';
    return nonce;
}

}  // namespace

Result<> write_backup(int fd, std::string_view image, std::string_view public_share, Millis made,
                      StrongRandom& random) {
    const auto envelope = TRY(make_envelope(public_share, purpose, random));
    const auto aead = TRY(Aead::open());
    Bytes head(title);
    put_number(head, static_cast<std::uint64_t>(made.count()));
    head += envelope.bytes;
    constexpr const char* cannot = "the backup cannot be written: no room, or a disk that fails";
    if (!write_all(fd, head)) return fail(Errc::unavailable, cannot);
    Bytes sealed;
    bool last = false;
    for (std::uint64_t number = 0; !last; ++number) {
        const auto piece = image.substr(0, piece_size);
        image.remove_prefix(piece.size());
        last = piece.size() < piece_size;
        sealed.resize(piece.size() + tag_size);
        TRY(aead.seal(envelope.key, nonce_of(number, last), head, piece, sealed.data()));
        if (!write_all(fd, sealed)) return fail(Errc::unavailable, cannot);
    }
    return {};
}

Result<OpenedBackup> open_backup(std::string_view file, const Secret& share) {
    if (!file.starts_with(title)) return fail(Errc::malformed, "this is no backup of StepUp");
    if (file.size() < head_size + tag_size) return fail(Errc::malformed, "this backup was cut short");
    const auto head = file.substr(0, head_size);
    const auto key = TRY(open_envelope(share, head.substr(title.size() + 8), purpose));
    const auto aead = TRY(Aead::open());
    OpenedBackup opened{.image = Bytes(file.size() - head_size, '\0'),
                        .made = Millis(static_cast<std::int64_t>(number_in(head.substr(title.size(), 8))))};
    std::size_t size = 0;
    bool last = false;
    file.remove_prefix(head_size);
    for (std::uint64_t number = 0; !last; ++number) {
        const auto piece = file.substr(0, piece_size + tag_size);
        last = piece.size() < piece_size + tag_size;
        if (piece.size() < tag_size) return fail(Errc::malformed, "this backup was cut short");
        const auto good = aead.unseal(key, nonce_of(number, last), head, piece, opened.image.data() + size);
        if (!good && number == 0)
            return fail(Errc::corrupt, "this recovery share does not open it, or its beginning was changed");
        if (!good) return fail(Errc::corrupt, "this backup was changed, or cut short");
        size += piece.size() - tag_size;
        file.remove_prefix(piece.size());
    }
    opened.image.resize(size);
    return opened;
}

Result<> note_backup(const std::string& database, std::string_view line) {
    const std::filesystem::path file(beside(database, "last-backup"));
    const auto folder = TRY(open_private_folder(file.parent_path()));
    return replace_file(folder.fd.get(), file.filename(), std::string(line) + '\n', S_IRUSR | S_IWUSR);
}

std::optional<std::string> newest_backup(const std::string& database) {
    std::ifstream file(beside(database, "last-backup"));
    std::string line;
    if (!std::getline(file, line) || line.empty()) return std::nullopt;
    return line;
}

}  // namespace stepup
