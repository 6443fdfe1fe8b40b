#include "cli/pam/file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/unique_fd.hpp"
#include "common/write_all.hpp"

namespace stepup::pam {
namespace {

constexpr std::size_t most = 1024 * 1024;

tl::unexpected<std::string> cannot(const std::string& what, const std::string& path) {
    return refused("Cannot " + what + " " + path + ": " + std::strerror(errno) + ".");
}

std::string folder_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

/// SELinux's label, and what else hangs at the file; best effort, as cp(1) does.
void copy_attributes(const std::string& from, int to) {
    std::array<char, 4096> names{};
    const auto length = ::listxattr(from.c_str(), names.data(), names.size());
    for (const char* name = names.data(); length > 0 && name < names.data() + length; name += std::strlen(name) + 1) {
        std::array<char, 4096> value{};
        const auto size = ::getxattr(from.c_str(), name, value.data(), value.size());
        if (size >= 0) (void)::fsetxattr(to, name, value.data(), static_cast<std::size_t>(size), 0);
    }
}

/// A file beside `path` that takes its place when it is whole.
class Successor {
public:
    explicit Successor(std::string path) : path_(std::move(path)), name_(folder_of(path_) + "/.stepup-XXXXXX") {
        fd_ = UniqueFd(::mkostemp(name_.data(), O_CLOEXEC));
        there_ = static_cast<bool>(fd_);
    }
    Successor(const Successor&) = delete;
    Successor& operator=(const Successor&) = delete;
    ~Successor() {
        if (there_) ::unlink(name_.c_str());
    }

    [[nodiscard]] int fd() const { return fd_.get(); }

    [[nodiscard]] bool take_place(std::string_view text) {
        if (!there_ || !write_all(fd(), text) || ::fsync(fd()) != 0) return false;
        if (::rename(name_.c_str(), path_.c_str()) != 0) return false;
        there_ = false;
        const UniqueFd folder(::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        return folder && ::fsync(folder.get()) == 0;
    }

private:
    const std::string path_;
    std::string name_;
    UniqueFd fd_;
    bool there_ = false;
};

std::string now_as_name() {
    const auto now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    (void)std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
    return text.data();
}

}  // namespace

std::optional<std::string> contents(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return std::nullopt;
    std::string text;
    std::array<char, 16384> piece{};
    while (text.size() <= most) {
        const auto got = ::read(fd.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) return text;
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    return std::nullopt;
}

Told<> may_be_written(const std::string& path) {
    struct stat file { };
    if (::lstat(path.c_str(), &file) == 0 && !S_ISREG(file.st_mode))
        return refused(path + " is no plain file, so something else looks after it: change it there.");
    if (::access(folder_of(path).c_str(), W_OK | X_OK) != 0) return cannot("write to", folder_of(path));
    return {};
}

Told<> replace(const std::string& path, const std::string& before, const std::string& text) {
    TRY(may_be_written(path));
    struct stat old { };
    if (::lstat(path.c_str(), &old) != 0) return cannot("look at", path);
    if (contents(path) != before) return refused(path + " has just changed. Try again.");
    Successor next(path);
    const bool alike = next.fd() >= 0 && ::fchown(next.fd(), old.st_uid, old.st_gid) == 0
        && ::fchmod(next.fd(), old.st_mode & 07777) == 0;
    if (alike) copy_attributes(path, next.fd());
    if (!alike || !next.take_place(text)) return cannot("write", path);
    return {};
}

Told<> write_new(const std::string& path, const std::string& text) {
    Successor next(path);
    if (next.fd() < 0 || ::fchmod(next.fd(), 0644) != 0 || !next.take_place(text)) return cannot("write", path);
    return {};
}

Told<std::string> back_up(const std::string& folder, const std::string& path, const std::string& text) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    (void)::chmod(folder.c_str(), 0700);
    const auto start = folder + "/" + std::filesystem::path(path).filename().string() + "." + now_as_name();
    for (int number = 0; number < 1000; ++number) {
        const auto name = number == 0 ? start : start + "-" + std::to_string(number);
        const UniqueFd fd(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!fd && errno == EEXIST) continue;
        if (fd && write_all(fd.get(), text) && ::fsync(fd.get()) == 0) return name;
        auto failed = cannot("write", name);
        if (fd) ::unlink(name.c_str());
        return failed;
    }
    return refused("There are too many backups in " + folder + ".");
}

}  // namespace stepup::pam
