#include "daemon/maintenance/key_place.hpp"

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/unique_fd.hpp"
#include "daemon/storage/files.hpp"
#include "daemon/storage/key_file.hpp"

namespace stepup {
namespace {

constexpr const char* program = "/usr/bin/systemd-creds";

// A key bound to what the firmware measured would be lost with its next update, so it is bound to PCR 23, which is left
// to applications and stays as it is. To none at all would be simpler, but systemd 252 does not open such a seal again.
constexpr std::array seal{"systemd-creds", "encrypt", "--quiet", "--name=master.key", "--tpm2-pcrs=23", "-", "-"};
constexpr std::array open_seal{"systemd-creds", "decrypt", "--quiet", "--name=master.key", "-", "-", ""};

/// Runs systemd-creds with `in` as its standard input and `out` as its output.
bool run(const std::array<const char*, 7>& words, int in, int out) {
    std::array<char*, 8> arguments{};
    for (std::size_t i = 0; i < words.size() && *words.at(i) != '\0'; ++i)
        arguments.at(i) = const_cast<char*>(words.at(i));  // NOLINT(cppcoreguidelines-pro-type-const-cast): exec's type
    posix_spawn_file_actions_t files{};
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    pid_t child = -1;
    const int failed = ::posix_spawn(&child, program, &files, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    if (failed != 0) return false;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// All of the file `fd`.
std::optional<std::string> contents_of(int fd) {
    constexpr off_t longest = off_t{64} * 1024;  // a TPM's seal takes a thousand bytes
    struct stat at { };
    if (::fstat(fd, &at) != 0 || at.st_size <= 0 || at.st_size > longest) return std::nullopt;
    std::string text(static_cast<std::size_t>(at.st_size), '\0');
    if (::pread(fd, text.data(), text.size(), 0) != at.st_size) return std::nullopt;
    return text;
}

/// Passes `text` through systemd-creds, in memory that no file system sees.
Result<std::string> through(const std::array<const char*, 7>& words, std::string_view text) {
    const UniqueFd in(::memfd_create("key", MFD_CLOEXEC));
    const UniqueFd out(::memfd_create("key", MFD_CLOEXEC));
    const bool asked = in && out && ::write(in.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())
        && ::lseek(in.get(), 0, SEEK_SET) == 0;
    if (!asked || !run(words, in.get(), out.get())) return fail(Errc::unavailable, "systemd-creds failed; it says why");
    auto answer = contents_of(out.get());
    if (!answer) return fail(Errc::unavailable, "systemd-creds gave no key");
    return std::move(*answer);
}

}  // namespace

bool is_sealed(const std::string& path) { return path.ends_with(".cred"); }

Result<Secret> read_master_key(const std::string& path) {
    if (!is_sealed(path)) return load_master_key(path);
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    if (!fd && errno == ENOENT) return load_master_key(path);
    const auto seal = fd ? contents_of(fd.get()) : std::nullopt;
    if (!seal) return fail(Errc::unavailable, "the master key cannot be read");
    auto opened = through(open_seal, *seal);
    if (!opened)
        return fail(Errc::corrupt, "this host cannot open the seal of the master key: restore a backup with --replace");
    Secret key;
    if (!key.take(*opened) || key.size() != master_key_size)
        return fail(Errc::malformed, "the master key is not 32 bytes long");
    return key;
}

Result<KeyForm> form_of_key(const std::string& path, const Secret& master) {
    KeyForm form;
    if (is_sealed(path)) form.seal = TRY(through(seal, master.reveal()));
    (void)form.bare.copy(master.reveal());
    return form;
}

Result<> make_key_at(const std::string& path, StrongRandom& random) {
    if (!is_sealed(path)) return make_master_key(path, random);
    struct stat there { };
    if (::lstat(path.c_str(), &there) == 0)
        return fail(Errc::conflict, "there is a file of that name; a master key is never replaced");
    std::array<char, master_key_size> bytes{};
    random.fill(bytes);
    Secret master;
    (void)master.take(bytes);
    const auto form = TRY(form_of_key(path, master));
    const std::filesystem::path where(path);
    const auto parent = where.has_parent_path() ? where.parent_path() : std::filesystem::path(".");
    const UniqueFd folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) return fail(Errc::unavailable, "the master key cannot be written there");
    return replace_file(folder.get(), where.filename(), form.text(), S_IRUSR);
}

}  // namespace stepup
