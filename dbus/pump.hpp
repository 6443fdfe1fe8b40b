#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "dbus/bus.hpp"

namespace stepup::bus {

/// Our place on the system bus, served by an io_context. Nothing here waits: a bus that is absent, hangs or restarts
/// costs a timer, and the name is taken again when it is back.
class Pump {
public:
    struct Hooks {
        /// Puts our objects on a fresh connection. Negative errno: try again later.
        std::function<int(sd_bus*)> equip;
        std::function<void()> name_taken = [] {};
        std::function<void(const std::string& why)> lost
            = [](const std::string&) {};  ///< once for each time it is lost
    };

    /// How long to wait before the next try: the first time, and at most.
    struct Backoff {
        std::chrono::milliseconds first{100};
        std::chrono::milliseconds longest{10'000};
    };

    Pump(boost::asio::io_context& loop, Hooks hooks) : Pump(loop, std::move(hooks), Backoff{}) { }
    Pump(boost::asio::io_context& loop, Hooks hooks, Backoff backoff);
    ~Pump();
    Pump(const Pump&) = delete;
    Pump& operator=(const Pump&) = delete;

    /// Connects to $DBUS_SYSTEM_BUS_ADDRESS, or where the system bus usually is, and goes on trying.
    void start();
    /// Leaves the bus.
    void stop();
    /// To be called after anything was sent outside of a handler: what could not be written at once must be watched.
    void kick();

    [[nodiscard]] bool has_name() const { return has_name_; }

private:
    struct Watch;  // a connection and what waits on it

    void try_now();
    void leave();
    int connect();
    int request_name();
    void name_answered(sd_bus_message* reply);
    void drive();
    void rearm();
    void wait_for(bool writable);
    void wait_until_timeout();
    void drop(const std::string& why);
    void retry_later();

    boost::asio::io_context& loop_;
    Hooks hooks_;
    Backoff backoff_;
    std::chrono::milliseconds pause_;
    boost::asio::steady_timer retry_;
    std::shared_ptr<Watch> watch_;
    std::shared_ptr<int> life_;  // while started
    bool has_name_ = false;
    bool told_ = false;  // that it is lost
};

}  // namespace stepup::bus
