#include "tests/support/private_bus.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stepup::testing {
namespace {

namespace fs = std::filesystem;

// What /usr/share/dbus-1/system.conf says, without its services and drop-ins.
constexpr const char* configuration
    = R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=FOLDER/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
    <allow own="org.freedesktop.PolicyKit1"/>
    <allow send_destination="org.freedesktop.PolicyKit1"/>
    <allow own="org.freedesktop.login1"/>
  </policy>
  <include>FOLDER/org.stepup.StepUp1.conf</include>
</busconfig>
)";

std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

}  // namespace

PrivateBus::PrivateBus(const std::string& owner) {
    std::string name = "/tmp/stepup-bus-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for a bus");
    folder_ = name;
    fs::permissions(folder_, fs::perms(0755));
    belongs_to(owner);
    std::ofstream(folder_ / "bus.conf") << std::regex_replace(configuration, std::regex("FOLDER"), folder_.string());
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", address().c_str(), 1);
}

void PrivateBus::belongs_to(const std::string& owner) const {
    const auto ours = text_of(fs::path(std::getenv("STEPUP_SOURCE")) / "dbus/org.stepup.StepUp1.conf");
    std::ofstream(folder_ / "org.stepup.StepUp1.conf")
        << std::regex_replace(ours, std::regex("user=\"stepup\""), "user=\"" + owner + "\"");
    if (daemon_ > 0) signal(SIGHUP);
}

PrivateBus::~PrivateBus() {
    stop();
    fs::remove_all(folder_);
}

void PrivateBus::start() {
    std::array<int, 2> ready{};
    if (::pipe(ready.data()) != 0) throw std::runtime_error("no pipe");
    fs::remove(folder_ / "bus");
    daemon_ = ::fork();
    if (daemon_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::close(ready[0]);
        ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);  // it complains of its limits in a container
        const auto config = "--config-file=" + (folder_ / "bus.conf").string();
        const auto tell = "--print-address=" + std::to_string(ready[1]);
        ::execl("/usr/bin/dbus-daemon", "dbus-daemon", config.c_str(), tell.c_str(), "--nofork", "--nopidfile",
                "--nosyslog", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(ready[1]);
    char byte = 0;
    const bool listens = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    if (!listens) throw std::runtime_error("dbus-daemon did not start");
}

void PrivateBus::stop() {
    if (daemon_ < 0) return;
    ::kill(daemon_, SIGKILL);
    ::waitpid(daemon_, nullptr, 0);
    daemon_ = -1;
}

void PrivateBus::signal(int number) const { ::kill(daemon_, number); }

}  // namespace stepup::testing
