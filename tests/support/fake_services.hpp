#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "dbus/bus.hpp"

// Stand-ins for what else lives on the system bus. Each has a connection of its own to $DBUS_SYSTEM_BUS_ADDRESS.

namespace stepup::testing {

/// polkit's authority, which answers as it is told.
class FakePolkit {
public:
    enum class Says { yes, no, challenge, error, garbage, nothing };
    struct Asked {
        std::string caller;  ///< his unique name
        std::string action;
        std::string user;  ///< of the details
        std::uint32_t flags = 0;
        std::string id;
    };

    explicit FakePolkit(Says says);
    ~FakePolkit();
    FakePolkit(const FakePolkit&) = delete;
    FakePolkit& operator=(const FakePolkit&) = delete;

    void says(Says what) { says_ = what; }
    [[nodiscard]] std::vector<Asked> asked();
    /// Ids of questions that were withdrawn; each was answered so.
    [[nodiscard]] std::vector<std::string> withdrawn();
    [[nodiscard]] bool waits_until(const std::function<bool()>& condition) const;

    int check(sd_bus_message* call);
    int cancel(sd_bus_message* call);

private:
    struct Pending {
        std::string id;
        bus::Message call;
    };
    bus::Bus bus_;
    std::atomic<Says> says_;
    std::atomic<bool> stops_ = false;
    std::mutex mutex_;
    std::vector<Asked> asked_;
    std::vector<std::string> withdrawn_;
    std::vector<Pending> pending_;
    std::thread thread_;
};

/// systemd-logind, which tells what it is told to tell; `is_logind`: whether it is the one of that name.
class FakeLogind {
public:
    explicit FakeLogind(bool is_logind = true);
    void session_removed(const std::string& id);
    void lock(const std::string& id);
    void prepare_for_sleep(bool begins);

private:
    bus::Bus bus_;
};

}  // namespace stepup::testing
