#include "daemon/bus_door/gate.hpp"

#include "daemon/bus_door/authority.hpp"
#include "daemon/core/subject.hpp"
#include "dbus/errors.hpp"

namespace stepup {
namespace {

using enum ManagementError;

constexpr std::uint64_t identified_within = 5'000'000;  // µs
constexpr const char* who_are_you = "The bus does not say who you are.";

/// Asks the bus driver for the uid behind a unique name: the kernel told it when that connection was made.
bus::Message question_about(sd_bus* bus, const char* sender) {
    sd_bus_message* made = nullptr;
    if (sd_bus_message_new_method_call(bus, &made, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "GetConnectionUnixUser")
        < 0)
        return nullptr;
    bus::Message question(made);
    if (sd_bus_message_append_basic(made, SD_BUS_TYPE_STRING, sender) < 0) return nullptr;
    return question;
}

/// The uid in the driver's reply; nothing for an error: a caller who is gone is nobody (security.md V-76).
std::optional<uid_t> uid_in(sd_bus_message* reply) {
    std::uint32_t uid = 0;
    if (sd_bus_message_is_method_error(reply, nullptr) > 0 || !bus::read(reply, uid)) return std::nullopt;
    return is_reserved(uid) ? std::nullopt : std::optional<uid_t>(uid);
}

}  // namespace

void Call::refuse(const Refusal& refusal) {
    sd_bus_message* made = nullptr;
    const auto name = bus::error_name(refusal.error);
    const int error
        = sd_bus_message_new_method_errorf(message_.get(), &made, name.c_str(), "%s", refusal.message.c_str());
    const bus::Message reply(made);
    if (error < 0) return;
    if (refusal.seconds > 0 && sd_bus_message_append_basic(made, SD_BUS_TYPE_UINT32, &refusal.seconds) < 0) return;
    send(made);
}

void Call::reply(const std::function<int(sd_bus_message*)>& fill) {
    sd_bus_message* made = nullptr;
    if (sd_bus_message_new_method_return(message_.get(), &made) < 0) return;
    const bus::Message reply(made);
    if (fill(made) < 0) return refuse({unavailable, std::string(stepup::row_of(unavailable).sentence)});
    send(made);
}

void Call::send(sd_bus_message* reply) {
    // A caller who is gone misses the answer, and so does one whose bus is.
    (void)sd_bus_message_send(reply);
    kick_();
}

const GateRow* Gate::row_of(const Call& call) {
    const char* interface = sd_bus_message_get_interface(call.message());
    const char* method = sd_bus_message_get_member(call.message());
    return interface == nullptr || method == nullptr ? nullptr : admitted(interface, method);
}

void Gate::identify(const std::shared_ptr<Call>& call, std::function<void(uid_t)> then) {
    const char* sender = sd_bus_message_get_sender(call->message());
    if (sender == nullptr) return call->refuse({not_authorized, who_are_you});
    if (*unidentified_ >= most_unidentified) return call->refuse({rate_limited, "Too many calls. Try again later."});
    auto* bus = sd_bus_message_get_bus(call->message());
    const auto question = question_about(bus, sender);
    const auto pending = std::shared_ptr<void>(nullptr, [count = unidentified_](void*) { --*count; });
    ++*unidentified_;
    const auto answered = [call, then = std::move(then), pending](sd_bus_message* reply) {
        const auto uid = uid_in(reply);
        uid ? then(*uid) : call->refuse({not_authorized, who_are_you});
    };
    if (!question || bus::call_async(bus, question.get(), answered, identified_within) < 0)
        return call->refuse({not_authorized, who_are_you});
    parts_.kick();
}

/// Within a quota: a refused call costs its caller nothing.
void Gate::note_refusal(uid_t uid, const Call& call, Instant now) {
    const auto left_out = audit_quota_.take(std::to_string(uid), now);
    if (!left_out) return;
    AuditEntry entry{Event::peer_refused, now, {uid, {}}, "stepup", {}};
    entry.fields.emplace_back("claimed", sd_bus_message_get_member(call.message()));  // one of the table's
    entry.fields.emplace_back("why", "neither root nor let by polkit");
    if (*left_out > 0) entry.fields.emplace_back("left_out", std::to_string(*left_out));
    parts_.note(std::move(entry));
}

void Gate::admit(uid_t uid, const Asked& asked, const std::shared_ptr<Call>& call,
                 std::function<void(const Caller&)> then) {
    const auto now = parts_.clock.now();
    if (!quota_->enter(uid, now))
        return call->refuse({rate_limited, "Too many calls. Wait a second, then try again.", 1});
    call->seat_ = std::shared_ptr<void>(nullptr, [quota = quota_, uid](void*) { quota->leave(uid); });
    if (!asked.good) return call->refuse({invalid_argument, "An argument is missing, too long or of another type."});
    std::optional<Session> session;
    if (!call->token_.empty()) {
        session = parts_.tokens.redeem(call->token_, uid, now);
        if (!session) return call->refuse({not_authorized, "That token is not yours, not fresh, or used before."});
    }
    // Root never depends on polkit.
    if (asked.row->needs != Needs::admin || uid == 0) return look_up(uid, call, std::move(session), std::move(then));
    const auto answered = [this, uid, call, session, then = std::move(then)](const std::optional<Refusal>& refusal) {
        if (!refusal) return look_up(uid, call, session, then);
        note_refusal(uid, *call, parts_.clock.now());
        call->refuse(*refusal);
    };
    ask_polkit(call->message(), {asked.row->action, asked.about}, parts_.kick, answered);
}

void Gate::look_up(uid_t uid, const std::shared_ptr<Call>& call, std::optional<Session> session,
                   std::function<void(const Caller&)> then) {
    const char* sender = sd_bus_message_get_sender(call->message());
    const std::string connection = sender == nullptr ? "" : sender;
    parts_.accounts.find(
        uid, [call, session = std::move(session), connection, then = std::move(then)](const Result<Account>& account) {
            if (account) return then(Caller{*account, session, connection});
            call->refuse(account.error().code == Errc::not_found
                             ? Refusal{not_authorized, "This host knows no account with your uid."}
                             : Refusal{unavailable, "Your account cannot be looked up now. Try again later."});
        });
}

}  // namespace stepup
