#pragma once

#include <filesystem>
#include <string>

#include <sys/types.h>

namespace stepup::testing {

/// A dbus-daemon of our own, with Debian's rules for the system bus and ours beside them, where `owner` stands for the
/// user `stepup`. $DBUS_SYSTEM_BUS_ADDRESS points at it while it lives.
class PrivateBus {
public:
    explicit PrivateBus(const std::string& owner = "root");
    ~PrivateBus();
    PrivateBus(const PrivateBus&) = delete;
    PrivateBus& operator=(const PrivateBus&) = delete;

    /// From now on `owner` may be StepUp, as after a reload in the postinst.
    void belongs_to(const std::string& owner) const;
    /// Returns once it listens.
    void start();
    void stop();
    void signal(int number) const;

    [[nodiscard]] std::string address() const { return "unix:path=" + (folder_ / "bus").string(); }

private:
    std::filesystem::path folder_;
    pid_t daemon_ = -1;
};

}  // namespace stepup::testing
