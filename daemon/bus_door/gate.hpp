#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <tuple>

#include "daemon/bus_door/gatekeeper.hpp"
#include "daemon/core/audit_quota.hpp"
#include "daemon/core/management.hpp"
#include "daemon/core/token_book.hpp"
#include "dbus/bus.hpp"

namespace stepup {

/// One method call until it is answered.
class Call {
public:
    /// Puts what a method returns into the reply; negative errno if it will not go in.
    template <class T> using Fill = int (*)(sd_bus_message* reply, T& value);

    Call(bus::Message message, std::function<void()> kick) : message_(std::move(message)), kick_(std::move(kick)) { }

    /// What to hand to whoever makes the answer.
    template <class T> [[nodiscard]] static Answer<T> answer(const std::shared_ptr<Call>& call, Fill<T> fill) {
        return [call, fill](Managed<T> result) {
            if (!result) return call->refuse(result.error());
            call->reply([&](sd_bus_message* reply) { return fill(reply, *result); });
        };
    }
    [[nodiscard]] static Answer<> answer(const std::shared_ptr<Call>& call) {
        return [call](Managed<> result) {
            if (!result) return call->refuse(result.error());
            call->reply([](sd_bus_message*) { return 0; });
        };
    }

    void refuse(const Refusal& refusal);

    [[nodiscard]] sd_bus_message* message() const { return message_.get(); }

private:
    friend class Gate;
    void reply(const std::function<int(sd_bus_message*)>& fill);
    void send(sd_bus_message* reply);

    bus::Message message_;
    std::function<void()> kick_;
    std::shared_ptr<void> seat_;  // in the caller's quota
    std::string token_;
};

struct GateParts {
    const Clock& clock;
    Accounts& accounts;
    TokenBook& tokens;
    std::function<void()> kick;            ///< after anything was put on the bus
    std::function<void(AuditEntry)> note;  ///< for journal and trail
};

/// Where every method call passes: is it in the table, whose is it, is it too much, where does the caller stand? Only
/// then is the method called. Whoever cannot be identified is refused.
class Gate {
public:
    static constexpr std::size_t most_unidentified = 256;  ///< calls whose uid the bus was not yet heard about

    explicit Gate(GateParts parts) : parts_(std::move(parts)) { }

    /// Reads the arguments `In...` and calls then(caller, call, arguments...) if all that holds.
    template <class... In, class Then> void serve(bus::Message message, Then then) {
        auto in = std::make_shared<std::tuple<In...>>();
        auto call = std::make_shared<Call>(std::move(message), parts_.kick);
        const auto* row = row_of(*call);
        if (row == nullptr) return call->refuse(Refusal{ManagementError::not_authorized, "There is no such method."});
        bool good = std::apply([&](auto&... one) { return (bus::read(call->message(), one) && ...); }, *in);
        if (row->needs != Needs::identity) good = good && bus::read(call->message(), call->token_);
        const std::string about = first_text(*in);
        identify(call, [this, good, call, in, then, row, about](uid_t uid) {
            admit(uid, {row, good, about}, call, [call, in, then](const Caller& caller) {
                std::apply([&](auto&... one) { then(caller, call, std::move(one)...); }, *in);
            });
        });
    }

private:
    [[nodiscard]] static const GateRow* row_of(const Call& call);
    void identify(const std::shared_ptr<Call>& call, std::function<void(uid_t)> then);
    struct Asked {
        const GateRow* row;
        bool good;          ///< the arguments are what they must be
        std::string about;  ///< the first of them, if it is a text
    };
    void note_refusal(uid_t uid, const Call& call, Instant now);
    void admit(uid_t uid, const Asked& asked, const std::shared_ptr<Call>& call,
               std::function<void(const Caller&)> then);
    void look_up(uid_t uid, const std::shared_ptr<Call>& call, std::optional<Session> session,
                 std::function<void(const Caller&)> then);
    template <class First, class... Rest> static std::string first_text(const std::tuple<First, Rest...>& in) {
        if constexpr (std::same_as<First, std::string>) return std::get<0>(in);
        return {};
    }
    static std::string first_text(const std::tuple<>&) { return {}; }

    GateParts parts_;
    // Shared with calls in flight, which may outlive the gate.
    std::shared_ptr<std::size_t> unidentified_ = std::make_shared<std::size_t>(0);
    std::shared_ptr<Quota> quota_ = std::make_shared<Quota>();
    AuditQuota audit_quota_;  // by uid
};

}  // namespace stepup
