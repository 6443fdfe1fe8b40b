#include "daemon/storage/backup.hpp"

#include <algorithm>

#include <sys/mman.h>
#include <unistd.h>

#include "common/unique_fd.hpp"
#include "daemon/storage/chain.hpp"
#include "daemon/storage/key_ring.hpp"
#include "daemon/storage/queries.hpp"
#include "daemon/storage/recovery_share.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/temporary.hpp"

// What `stepup admin restore` is given: a backup with bytes changed, one that somebody with the share's public half
// made of an edited database, and a mistyped share. It is the backup that was made, or refused; and it gives the key
// that was entrusted, or none.

namespace {

using namespace stepup;
using fuzz::must;

Secret key_of(char filler) {
    Secret key;
    must(key.copy(std::string(key_size, filler)), "there is room for a key");
    return key;
}

/// Reads a backup through a file in memory.
Bytes sealed(std::string_view image, std::string_view public_share, StrongRandom& random) {
    const UniqueFd file(::memfd_create("backup", MFD_CLOEXEC));
    must(write_backup(file.get(), image, public_share, Seconds(1'800'000'000), random).has_value(), "it is written");
    Bytes bytes(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
    must(::pread(file.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "it is read");
    return bytes;
}

struct Original {
    KernelRandom random;
    Secret master = key_of('k');
    Secret share = make_share(random);
    Bytes half = x25519_public(share).value();
    Bytes image;
    Bytes file;

    Original() {
        const fuzz::TemporaryFolder folder;
        auto database = Database::open(folder.path() / "stepup.db", Database::Access::write).value();
        const auto seal = Seal::open(master, random).value();
        must(database.run(queries::write_meta, meta::key_check, Blob{seal.key_check()}).has_value(), "it is bound");
        must(entrust_key(database, seal, master, half, random).has_value(), "the key is entrusted");
        image = Bytes(database.copy().value().image().value());
        file = sealed(image, half, random);
    }
};

void edit(fuzz::Input& input, Bytes& bytes) {
    for (int edits = 0; edits < 16 && !input.empty() && !bytes.empty(); ++edits) {
        const auto place = input.number();
        const auto at = (input.once_in(2) ? place : place % 4096) % bytes.size();
        const auto text = input.once_in(4) ? input.text() : std::string(1, static_cast<char>(input.byte()));
        bytes.replace(at, std::min(text.size(), bytes.size() - at), text);
        if (input.once_in(32)) bytes.resize(input.number() % bytes.size());
    }
}

/// As far as restore goes before it touches a file. The master key, if it gets there.
Result<Secret> recover(const Original& original, std::string_view file) {
    const auto backup = TRY(open_backup(file, original.share));
    auto database = TRY(Database::from_image(backup.image));
    const auto entrusted = TRY(database.first<Bytes>(queries::read_meta, meta::entrusted));
    if (!entrusted) return fail(Errc::corrupt, "no key");
    Secret master = TRY(unseal_with_share(*entrusted, original.share, entrusted_purpose));
    KernelRandom random;
    TRY(open_key_ring(database, master, random));
    AuditChain chain("boot", [](Event) { return std::string_view("MFA-0000"); });
    TRY(chain.load(database));
    TRY(chain.append(database, {Event::store_restored, {}, {}, "stepup admin", {}}));
    return master;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Original original;
    fuzz::Input input(data, size);
    const auto what = input.up_to(2);
    if (what == 0) {
        auto file = original.file;
        edit(input, file);
        const auto opened = open_backup(file, original.share);
        if (opened) must(opened->image == original.image && file == original.file, "a change anywhere shows");
        return 0;
    }
    if (what == 1) {
        auto image = original.image;
        edit(input, image);
        const auto master = recover(original, sealed(image, original.half, original.random));
        if (master) must(master->reveal() == original.master.reveal(), "no other key than the one entrusted");
        return 0;
    }
    const auto typed = input.all();
    const auto share = share_of(typed);
    if (share) must(share_of(share_in_words(*share))->reveal() == share->reveal(), "it reads back as it was typed");
    return 0;
}
