#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <termios.h>
#include <unistd.h>

#include "common/printable.hpp"
#include "daemon/maintenance/admin.hpp"
#include "daemon/maintenance/key_place.hpp"
#include "daemon/maintenance/replace_store.hpp"
#include "daemon/storage/backup.hpp"
#include "daemon/storage/key_file.hpp"
#include "daemon/storage/key_ring.hpp"
#include "daemon/storage/mark.hpp"
#include "daemon/storage/queries.hpp"
#include "daemon/storage/recovery_share.hpp"

namespace stepup {
namespace {

std::string moment(Millis wall) {
    const auto seconds = static_cast<std::time_t>(wall.count() / 1000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// One line of standard input, unseen where it is a terminal.
std::optional<Secret> typed_share() {
    termios before{};
    const bool terminal = ::tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        auto silent = before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        std::fputs("Recovery share (14 groups of 4 letters): ", stderr);
    }
    std::string line;
    const bool read = static_cast<bool>(std::getline(std::cin, line));
    if (terminal) {
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        std::fputc('\n', stderr);
    }
    auto share = read ? share_of(line) : std::nullopt;
    ::explicit_bzero(line.data(), line.size());
    return share;
}

Result<Secret> ask_for_share() {
    constexpr const char* mistyped = "a letter of the recovery share is wrong or missing";
    for (int tries = 1;; ++tries) {
        if (auto share = typed_share()) return *std::move(share);
        if (tries == 3 || ::isatty(STDIN_FILENO) == 0) return fail(Errc::malformed, mistyped);
        std::fprintf(stderr, "stepup: %s; once more\n", mistyped);
    }
}

Result<std::string> read_all(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) return fail(Errc::not_found, "the backup cannot be read");
    return std::move(text).str();
}

/// What is to be put in place: a database that notices its own age, and its key.
struct Restored {
    Database database;
    Secret master;
    Millis made{};
};

Result<Restored> open_sealed(const std::string& path, StrongRandom& random) {
    const auto file = TRY(read_all(path));
    const Secret share = TRY(ask_for_share());
    const auto backup = TRY(open_backup(file, share));
    auto database = TRY(Database::from_image(backup.image));
    const auto entrusted = TRY(database.first<Bytes>(queries::read_meta, meta::entrusted));
    if (!entrusted) return fail(Errc::corrupt, "the backup does not hold its key");
    Secret master = TRY(unseal_with_share(*entrusted, share, entrusted_purpose));
    TRY(open_key_ring(database, master, random));
    return Restored{std::move(database), std::move(master), backup.made};
}

/// In the copy: that it was brought back. The daemon that finds it takes back whatever may have been used up since.
Result<> write_down(Restored& restored, AuditChain& chain, const std::string& path) {
    TRY(restored.database.run(queries::begin));
    TRY(chain.load(restored.database));
    TRY(restored.database.run(queries::forget_all));
    TRY(restored.database.run(queries::drop_meta, meta::handover));
    TRY(restored.database.run(queries::write_meta, marked, Blob{"1"}));
    TRY(restored.database.run(queries::write_meta, brought_back, Blob{"1"}));
    TRY(chain.append(restored.database,
                     admin_event(Event::store_restored, {{"file", path}, {"made", moment(restored.made)}})));
    TRY(restored.database.run(queries::commit));
    return {};
}

/// Whether the key file holds `master` already. Errors: conflict (it holds another, and is not to be replaced).
Result<bool> has_key(const StorePlace& store, const Secret& master, bool replace) {
    const auto there = read_master_key(store.key);
    if (there) {
        if (equal_constant_time(there->reveal(), master.reveal())) return true;
        if (!replace)
            return fail(Errc::conflict, "there is another master key; --replace puts it and the database aside");
    }
    return false;
}

}  // namespace

Result<> restore_backup(const AdminWords& words) {
    KernelRandom random;
    const auto store = TRY(find_store(words));
    if (std::filesystem::exists(store.database) && !words.replace)
        return fail(Errc::conflict, "there is a database already; --replace puts it aside and the backup in its place");
    auto restored = TRY(open_sealed(words.file, random));
    const bool key_is_there = TRY(has_key(store, restored.master, words.replace));
    const auto folder = TRY(hold_folder(store));
    auto chain = new_chain();
    TRY(write_down(restored, chain, std::filesystem::absolute(words.file)));
    show(chain);  // first: a restored trail of which the journal was not told looks like one that was cut off
    const auto image = TRY(restored.database.image());
    TRY(put_in_place(store, folder, image));
    if (!key_is_there) TRY(install_key(store, restored.master));
    say(words,
        "Restored the backup of " + moment(restored.made)
            + ".\nNobody counts as recently verified, and only codes later than the next start are accepted.\n"
              "Recovery codes that were used since then cannot be known and count again: have their owners make new "
              "ones\n(stepup recovery regenerate). So do factors that were removed since then. HOTP codes count again "
              "for whoever\nhas proved another factor in the same session first (stepup verify).\n"
              "Start stepupd: systemctl start stepupd.socket stepupd.service",
        {{"made", moment(restored.made)}});
    return {};
}

}  // namespace stepup
