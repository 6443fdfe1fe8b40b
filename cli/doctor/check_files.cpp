#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <sys/stat.h>

#include "cli/doctor/checks.hpp"

namespace stepup::doctor {
namespace {

constexpr mode_t permissions = 07777;
constexpr mode_t others_write = S_IWGRP | S_IWOTH;
constexpr mode_t others_at_all = S_IRWXG | S_IRWXO;
constexpr mode_t everybody_writes = S_IWUSR | S_IWGRP | S_IWOTH;

std::string octal(mode_t mode) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & permissions));
    return text.data();
}

/// The files in `folder` whose names end in `ending`, which are read as settings; of a link, what it leads to.
void add_settings_in(const char* folder, std::string_view ending, const char* fix, std::vector<FileRule>& rules) {
    namespace fs = std::filesystem;
    std::error_code none;
    for (const auto& one : fs::directory_iterator(folder, none)) {
        std::error_code error;
        const auto file = fs::canonical(one.path(), error);
        if (one.path().string().ends_with(ending) && fs::is_regular_file(file, error))
            rules.push_back({file.string(), S_IFREG, 0, others_write, 0, true, fix});
    }
}

/// What is wrong; "": nothing.
std::string fault_of(const FileRule& rule, const struct stat& file) {
    if ((file.st_mode & S_IFMT) != rule.kind) return rule.path + " is another kind of file than it must be.";
    if (file.st_uid != rule.owner)
        return rule.path + " belongs to uid " + std::to_string(file.st_uid) + ", not to "
            + (rule.owner == 0 ? "root" : "uid " + std::to_string(rule.owner)) + '.';
    const bool gives_too_much = (file.st_mode & rule.forbidden) != 0;
    const bool gives_too_little = (file.st_mode & rule.needed) != rule.needed;
    if (gives_too_much || gives_too_little)
        return rule.path + " has mode " + octal(file.st_mode) + ", which lets "
            + (gives_too_much ? "others do too much." : "logins not reach stepupd.");
    return {};
}

}  // namespace

Findings check_files(const std::vector<FileRule>& rules) {
    Findings found;
    for (const auto& rule : rules) {
        struct stat file { };
        if (::lstat(rule.path.c_str(), &file) != 0) {
            if (!rule.may_be_missing) found.push_back({Light::red, "files", rule.path + " is not there.", rule.fix});
            continue;
        }
        if (const auto fault = fault_of(rule, file); !fault.empty())
            found.push_back({Light::red, "files", fault, rule.fix});
    }
    if (found.empty()) found.push_back({Light::green, "files", "Owners and modes are as they must be.", ""});
    return found;
}

std::vector<FileRule> usual_files(uid_t stepup, const std::string& module) {
    constexpr const char* runtime = "`systemd-tmpfiles --create stepup.conf`, then restart stepupd.socket.";
    constexpr const char* state = "chown stepup: and chmod 0700 the folder, 0600 its files; stepupd refuses others.";
    constexpr const char* settings = "chown root: and chmod go-w: whoever writes there decides who gets in.";
    constexpr const char* key = "chown root: and chmod 0600; if others could read it, `stepup admin key rotate`.";
    std::vector<FileRule> rules{
        {"/run/stepup", S_IFDIR, 0, others_write, S_IXOTH, false, runtime},
        {"/run/stepup/pam.sock", S_IFSOCK, 0, 0, everybody_writes, false, runtime},
        {"/var/lib/stepup", S_IFDIR, stepup, others_at_all, 0, false, state},
        {"/var/lib/stepup/stepup.db", S_IFREG, stepup, others_at_all, 0, false, state},
        {"/etc/stepup", S_IFDIR, 0, others_write, 0, false, settings},
        {"/etc/stepup/stepup.toml", S_IFREG, 0, others_write, 0, true, settings},
        {"/etc/stepup/policy.toml", S_IFREG, 0, others_write, 0, true, settings},
        {"/etc/stepup/policy.d", S_IFDIR, 0, others_write, 0, true, settings},
        {"/etc/stepup/stepup.d", S_IFDIR, 0, others_write, 0, true, settings},
        {"/etc/stepup/suspicious.d", S_IFDIR, 0, others_write, 0, true, settings},
        {"/etc/stepup/master.cred", S_IFREG, 0, others_at_all, 0, true, key},
        {"/etc/pam.d", S_IFDIR, 0, others_write, 0, false, settings},
    };
    for (const char* folder : {"/etc/stepup/policy.d", "/etc/stepup/stepup.d"})
        add_settings_in(folder, ".toml", settings, rules);
    for (const char* folder : {"/etc/stepup/suspicious.d", "/etc/pam.d"}) add_settings_in(folder, "", settings, rules);
    if (!module.empty())
        rules.push_back({module, S_IFREG, 0, others_write, S_IROTH, false, "Install libpam-stepup anew."});
    return rules;
}

}  // namespace stepup::doctor
