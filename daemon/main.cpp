#include <array>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include <getopt.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/random.hpp"
#include "daemon/daemon.hpp"
#include "daemon/log.hpp"
#include "daemon/maintenance/command.hpp"
#include "daemon/maintenance/key_place.hpp"

namespace {

using namespace stepup;

constexpr const char* usage = "Usage: stepupd [--config FILE]\n"
                              "       stepupd --make-key FILE\n"
                              "       stepupd audit …      (stepupd audit --help)\n"
                              "       stepupd admin …      (stepupd admin --help)\n"
                              "       stepupd policy …     (stepupd policy --help)\n"
                              "\n"
                              "The StepUp daemon: owns factors, policy and recent verifications; answers the\n"
                              "PAM module and the stepup command. Runs in the foreground; logs to stderr.\n"
                              "\n"
                              "  -c, --config FILE    settings (default /etc/stepup/stepup.toml)\n"
                              "  -k, --make-key FILE  write a new master key to FILE (mode 0400) and exit;\n"
                              "                       never overwrites one; a FILE that ends in .cred\n"
                              "                       is sealed for this host by systemd-creds\n"
                              "  -V, --version        print the version and exit\n"
                              "  -h, --help           print this and exit\n"
                              "\n"
                              "Signals: SIGHUP reads the policy again; SIGTERM finishes what was begun, then\n"
                              "stops. Exit status: 0 stopped as asked, 1 could not start or go on, 2 usage.\n"
                              "Manual: stepupd(8), stepup.toml(5)\n";

int make_key(const char* path) {
    KernelRandom random;
    const auto made = make_key_at(path, random);
    if (!made) std::fprintf(stderr, "stepupd: %s: %s\n", path, made.error().why);
    return made ? 0 : 1;
}

/// What no part of this process may do, whatever it is told later: leave secrets in a core file or files for others.
void narrow_process() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);       // does not count where the kernel hands cores to a program,
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // this does, and it keeps other processes of our user out of our memory
    ::umask(0077);
    std::signal(SIGPIPE, SIG_IGN);
}

int serve(const char* config) {
    narrow_process();
    const auto settings = load_settings(config);
    if (!settings) {
        log_line(Severity::error, settings.error().text());
        return 1;
    }
    constexpr std::array severities{Severity::error, Severity::warning, Severity::info, Severity::debug};
    log_from(severities.at(static_cast<std::size_t>(settings->log_level)));
    auto daemon = Daemon::open(*settings);
    if (!daemon) return 1;
    return (*daemon)->run() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    for (const auto& command : commands())
        if (argc > 1 && command.name == argv[1]) return command.run(argc - 1, argv + 1);
    constexpr std::array options{
        option{"config", required_argument, nullptr, 'c'}, option{"make-key", required_argument, nullptr, 'k'},
        option{"version", no_argument, nullptr, 'V'}, option{"help", no_argument, nullptr, 'h'}, option{}};
    const char* config = "/etc/stepup/stepup.toml";
    for (int option = 0; (option = ::getopt_long(argc, argv, "c:k:Vh", options.data(), nullptr)) != -1;) {
        switch (option) {
        case 'c': config = optarg; break;
        case 'k': return make_key(optarg);
        case 'V': return std::puts("stepupd " STEPUP_VERSION) < 0 ? 1 : 0;
        case 'h': return std::fputs(usage, stdout) < 0 ? 1 : 0;
        default: std::fputs("Try: stepupd --help\n", stderr); return 2;
        }
    }
    if (optind != argc) {
        std::fprintf(stderr, "stepupd: \"%s\" is not an option.\nTry: stepupd --help\n", argv[optind]);
        return 2;
    }
    return serve(config);
}
