#include "policy/config_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>

#include "common/printable.hpp"
#include "common/result.hpp"
#include "common/unique_fd.hpp"
#include "common/write_all.hpp"

namespace stepup {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest = std::size_t{1024} * 1024;

/// A path as errors and the last-good copy write it: on one line.
std::string name_of(const fs::path& path) { return printable(path.native(), 4096); }

tl::unexpected<Diagnosis> about_errno(const fs::path& path, std::string_view what) {
    return about(path, std::string(what) + ": " + std::generic_category().message(errno));
}

/// The drop-ins of `folder`, in the order of their names; none if there is no such folder.
Read<std::vector<fs::path>> drop_ins(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> found;
    auto entry = fs::directory_iterator(folder, error);
    if (error == std::errc::no_such_file_or_directory) return found;
    while (!error && entry != fs::directory_iterator()) {
        const auto& path = entry->path();
        if (path.extension() == ".toml" && !path.filename().native().starts_with('.')) found.push_back(path);
        entry.increment(error);
    }
    if (error) return about(folder, "cannot be listed: " + error.message());
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace

Read<std::string> read_text(const fs::path& path) {
    // Without O_NONBLOCK, opening a FIFO that somebody left here would wait forever.
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) return about_errno(path, "cannot be opened");
    struct stat about_file { };
    if (::fstat(file.get(), &about_file) != 0) return about_errno(path, "cannot be examined");
    if (!S_ISREG(about_file.st_mode)) return about(path, "is not a regular file");
    std::string text(largest + 1, '\0');
    std::size_t size = 0;
    for (;;) {
        const auto got = ::read(file.get(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return about_errno(path, "cannot be read");
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
        if (size > largest) return about(path, "is larger than 1 MiB");
    }
    text.resize(size);
    return text;
}

Read<ConfigTexts> read_config(const fs::path& main, MainFile needed) {
    ConfigTexts texts;
    std::error_code error;
    const auto kind = fs::symlink_status(main, error).type();
    // Each TRY stands alone: a return out of the middle of an expression would leak the temporaries made before it.
    std::string text;
    if (needed == MainFile::needed || kind != fs::file_type::not_found) text = TRY(read_text(main));
    texts.push_back({name_of(main), std::move(text)});
    auto folder = main;
    folder.replace_extension(".d");
    auto more = TRY(read_drop_ins(folder));
    for (auto& one : more) texts.push_back(std::move(one));
    return texts;
}

Read<ConfigTexts> read_drop_ins(const fs::path& folder) {
    ConfigTexts texts;
    for (const auto& path : TRY(drop_ins(folder))) {
        auto text = TRY(read_text(path));
        texts.push_back({name_of(path), std::move(text)});
    }
    return texts;
}

Read<void> write_durably(const fs::path& path, std::string_view text, const std::optional<FileRights>& rights) {
    auto fresh = path;
    fresh += ".new";
    ::unlink(fresh.c_str());  // left by a crash; O_EXCL below never follows what somebody else put there
    UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) return about_errno(fresh, "cannot be made");
    // The daemon gives none: its sandbox forbids chown.
    if (rights && (::fchown(file.get(), rights->owner, rights->group) != 0 || ::fchmod(file.get(), rights->mode) != 0))
        return about_errno(fresh, "cannot be given its owner and mode");
    if (!write_all(file.get(), text) || ::fsync(file.get()) != 0) return about_errno(fresh, "cannot be written");
    if (::rename(fresh.c_str(), path.c_str()) != 0) return about_errno(path, "cannot be replaced");
    const UniqueFd folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::fsync(folder.get()) != 0) return about_errno(path.parent_path(), "cannot be flushed");
    return {};
}

}  // namespace stepup
