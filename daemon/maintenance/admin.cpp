#include "daemon/maintenance/admin.hpp"
#include "daemon/maintenance/command.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <optional>

#include <getopt.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace stepup {
namespace {

struct Deed {
    std::string_view name;
    bool takes_file;
    Result<> (*run)(const AdminWords& words);
};
constexpr std::array<Deed, 4> deeds{
    Deed{"backup", true, make_backup},
    Deed{"restore", true, restore_backup},
    Deed{"recovery-share", false, show_new_share},
    Deed{"rotate-key", false, rotate_master_key},
};

constexpr const char* admin_usage = "Usage: stepupd admin backup FILE\n"
                                    "       stepupd admin restore FILE [--replace]\n"
                                    "       stepupd admin recovery-share [--new]\n"
                                    "       stepupd admin rotate-key\n"
                                    "\n"
                                    "All take --config FILE and --key FILE. See stepup admin, in stepup(1).\n";

std::optional<AdminWords> read_words(int count, char** words) {
    constexpr std::array options{
        option{"config", required_argument, nullptr, 'c'}, option{"key", required_argument, nullptr, 'k'},
        option{"replace", no_argument, nullptr, 'r'},      option{"new", no_argument, nullptr, 'n'},
        option{"json", no_argument, nullptr, 'j'},         option{}};
    AdminWords read;
    for (int option = 0; (option = ::getopt_long(count, words, "c:k:", options.data(), nullptr)) != -1;) {
        switch (option) {
        case 'c': read.config = optarg; break;
        case 'k': read.key = optarg; break;
        case 'r': read.replace = true; break;
        case 'n': read.renew = true; break;
        case 'j': read.json = true; break;
        default: return std::nullopt;
        }
    }
    if (optind < count) read.command = words[optind++];
    if (optind < count) read.file = words[optind++];
    return optind == count ? std::optional(std::move(read)) : std::nullopt;
}

}  // namespace

int admin_command(int count, char** words) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::umask(0077);
    std::signal(SIGPIPE, SIG_IGN);
    const auto read = read_words(count, words);
    for (const auto& deed : deeds) {
        if (!read || deed.name != read->command || deed.takes_file == read->file.empty()) continue;
        const auto done = deed.run(*read);
        return done ? 0 : complain(*read, done.error());
    }
    std::fputs(admin_usage, stderr);
    return 2;
}

}  // namespace stepup
