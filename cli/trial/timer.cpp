#include "cli/trial/timer.hpp"

#include <filesystem>

#include <unistd.h>

#include "cli/doctor/program.hpp"
#include "cli/pam/file.hpp"

namespace stepup::trial {
namespace {

constexpr const char* systemctl = "/usr/bin/systemctl";
constexpr const char* service = "stepup-pam-revert.service";
constexpr const char* timer = "stepup-pam-revert.timer";
const std::string folder = "/etc/systemd/system/";

// A reboot is no confirmation either: then it runs at once, before anybody can log in. What it cannot take back, as on
// a full disk, it tries again until it can.
constexpr const char* service_text = "[Unit]\n"
                                     "Description=StepUp: take back PAM stacks that nobody has confirmed\n"
                                     "Documentation=man:stepup(1)\n"
                                     "DefaultDependencies=no\n"
                                     "After=local-fs.target\n"
                                     "Before=sysinit.target\n"
                                     "ConditionPathExists=/etc/stepup/trial\n"
                                     "StartLimitIntervalSec=0\n"
                                     "\n"
                                     "[Service]\n"
                                     "Type=oneshot\n"
                                     "ExecStart=" STEPUP " pam revert\n"
                                     "Restart=on-failure\n"
                                     "RestartSec=10s\n"
                                     "\n"
                                     "[Install]\n"
                                     "WantedBy=sysinit.target\n";
constexpr const char* timer_text = "[Unit]\n"
                                   "Description=StepUp: two minutes to confirm PAM stacks\n"
                                   "\n"
                                   "[Timer]\n"
                                   "OnActiveSec=2min\n"
                                   "AccuracySec=1s\n"
                                   "Unit=stepup-pam-revert.service\n";

bool does(const std::vector<std::string>& words) {
    std::vector<std::string> all{systemctl};
    all.insert(all.end(), words.begin(), words.end());
    return doctor::output_of(all, std::chrono::seconds(30)).has_value();
}

}  // namespace

pam::Told<> arm() {
    if (!std::filesystem::exists("/run/systemd/system") || ::access(systemctl, X_OK) != 0)
        return pam::refused(
            "This host does not run systemd, which would take the lines back: use `stepup pam enable`.");
    TRY(pam::write_new(folder + service, service_text));
    TRY(pam::write_new(folder + timer, timer_text));
    const bool armed = does({"daemon-reload"}) && does({"enable", "--quiet", service}) && does({"start", timer})
        && does({"is-active", "--quiet", timer});
    if (armed) return {};
    disarm();
    return pam::refused(
        "systemd does not start the timer that would take the lines back: `systemctl status` may say why.");
}

void disarm() {
    (void)does({"stop", timer});
    (void)does({"disable", "--quiet", service});
    ::unlink((folder + timer).c_str());
    ::unlink((folder + service).c_str());
    (void)does({"daemon-reload"});
}

void reload_sshd() {
    for (const char* name : {"ssh.service", "sshd.service"}) (void)does({"try-reload-or-restart", name});
}

}  // namespace stepup::trial
