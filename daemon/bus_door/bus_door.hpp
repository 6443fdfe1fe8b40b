#pragma once

#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "daemon/bus_door/gate.hpp"
#include "daemon/bus_door/logind.hpp"
#include "daemon/bus_door/objects.hpp"
#include "dbus/pump.hpp"

namespace stepup {

struct BusDoorParts {
    boost::asio::io_context& loop;
    const Clock& clock;
    Accounts& accounts;
    TokenBook& tokens;
    Management& management;
    Challenges& challenges;
    Administration& administration;
    const Overview& overview;
    KeyManagement& keys;
    PolicyControl& policy;
    const Foretelling& foretelling;
    Departures& departures;
    std::function<void(const std::string&)> log;  ///< one line, when the bus comes or goes
    std::function<void(AuditEntry)> note;         ///< for journal and trail
};

/// The door for management: org.stepup.StepUp1 on the system bus. Logins never wait for it, nor for the bus.
class BusDoor {
public:
    explicit BusDoor(BusDoorParts parts) : BusDoor(std::move(parts), bus::Pump::Backoff{}) { }
    BusDoor(BusDoorParts parts, bus::Pump::Backoff backoff);

    /// Returns at once; the bus may come later, go, and come again.
    void open() { pump_.start(); }
    void close() { pump_.stop(); }
    [[nodiscard]] bool is_open() const { return pump_.has_name(); }

private:
    int equip(sd_bus* bus);

    Gate gate_;
    FactorsObject factors_;
    RecoveryObject recovery_;
    SessionObject session_;
    KeysObject keys_;
    AdminObject admin_;
    PolicyObject policy_;
    Logind logind_;
    bus::Pump pump_;
};

}  // namespace stepup
