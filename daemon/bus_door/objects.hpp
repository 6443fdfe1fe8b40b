#pragma once

#include "daemon/answering/challenges.hpp"
#include "daemon/bus_door/gate.hpp"
#include "daemon/core/administration.hpp"
#include "daemon/core/foretelling.hpp"
#include "daemon/core/key_management.hpp"
#include "daemon/core/management.hpp"
#include "daemon/core/overview.hpp"
#include "daemon/core/policy_control.hpp"
#include "dbus/bus.hpp"

// The interfaces of dbus/org.stepup.StepUp1.xml: each reads its arguments, asks Management, fills in the reply.

namespace stepup {

class FactorsObject {
public:
    FactorsObject(Gate& gate, Management& management) : gate_(gate), management_(management) { }
    static const sd_bus_vtable vtable[];

    void list(bus::Message message);
    void enroll_totp(bus::Message message);
    void enroll_hotp(bus::Message message);
    void enroll_ssh_security_key(bus::Message message);
    void bring_in(bus::Message message);
    void confirm(bus::Message message);
    void remove(bus::Message message);
    void rename(bus::Message message);
    void set_primary(bus::Message message);
    void disable(bus::Message message);

private:
    Gate& gate_;
    Management& management_;
};

class RecoveryObject {
public:
    RecoveryObject(Gate& gate, Management& management) : gate_(gate), management_(management) { }
    static const sd_bus_vtable vtable[];

    void status(bus::Message message);
    void regenerate(bus::Message message);

private:
    Gate& gate_;
    Management& management_;
};

class KeysObject {
public:
    KeysObject(Gate& gate, KeyManagement& keys) : gate_(gate), keys_(keys) { }
    static const sd_bus_vtable vtable[];

    void list(bus::Message message);
    void forget(bus::Message message);
    void forget_all(bus::Message message);

private:
    Gate& gate_;
    KeyManagement& keys_;
};

class AdminObject {
public:
    AdminObject(Gate& gate, Administration& administration, const Overview& overview, KeyManagement& keys)
        : gate_(gate),
          administration_(administration),
          overview_(overview),
          keys_(keys) { }
    static const sd_bus_vtable vtable[];

    void status(bus::Message message);
    void list(bus::Message message);
    void not_enrolled(bus::Message message);
    void reset(bus::Message message);
    void bypass(bus::Message message);
    void invite(bus::Message message);
    void bring_in(bus::Message message);
    void unlock(bus::Message message);
    void unlock_source(bus::Message message);
    void keys(bus::Message message);
    void forget_keys(bus::Message message);

private:
    Gate& gate_;
    Administration& administration_;
    const Overview& overview_;
    KeyManagement& keys_;
};

class PolicyObject {
public:
    PolicyObject(Gate& gate, PolicyControl& policy, const Foretelling& foretelling)
        : gate_(gate),
          policy_(policy),
          foretelling_(foretelling) { }
    static const sd_bus_vtable vtable[];

    void get(bus::Message message);
    void reload(bus::Message message);
    void set(bus::Message message);
    void explain(bus::Message message);

private:
    Gate& gate_;
    PolicyControl& policy_;
    const Foretelling& foretelling_;
};

class SessionObject {
public:
    SessionObject(Gate& gate, Management& management, Challenges& challenges)
        : gate_(gate),
          management_(management),
          challenges_(challenges) { }
    static const sd_bus_vtable vtable[];

    void status(bus::Message message);
    void lock(bus::Message message);
    void begin(bus::Message message);
    void answer(bus::Message message);

private:
    Gate& gate_;
    Management& management_;
    Challenges& challenges_;
};

}  // namespace stepup
