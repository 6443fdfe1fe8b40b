#include "daemon/bus_door/authority.hpp"

#include <memory>

namespace stepup {
namespace {

constexpr const char* polkit = "org.freedesktop.PolicyKit1";
constexpr const char* authority_path = "/org/freedesktop/PolicyKit1/Authority";
constexpr const char* authority_interface = "org.freedesktop.PolicyKit1.Authority";

constexpr std::uint64_t answers_within = 10'000'000;          // µs, by itself
constexpr std::uint64_t somebody_types_within = 120'000'000;  // µs
constexpr std::uint32_t allow_user_interaction = 1;

constexpr const char* says_no = "You may not do this: polkit does not allow it.";
constexpr const char* nobody_to_ask
    = "An administrator must authenticate for this, and there is nobody to ask. Try it at a terminal, or as root.";
constexpr const char* is_not_there = "Only root may do this now: polkit does not answer.";

struct UnrefSlot {
    void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};
using Slot = std::unique_ptr<sd_bus_slot, UnrefSlot>;

bus::Message call_of(sd_bus* bus, const char* method) {
    sd_bus_message* made = nullptr;
    if (sd_bus_message_new_method_call(bus, &made, polkit, authority_path, authority_interface, method) < 0)
        return nullptr;
    return bus::Message(made);
}

/// What polkit said: nothing for a clear "yes".
std::optional<Refusal> verdict_in(sd_bus_message* reply) {
    int authorized = 0;
    int challenge = 0;
    if (sd_bus_message_is_method_error(reply, nullptr) > 0) {
        const std::string_view name = sd_bus_message_get_error(reply)->name;
        const bool answered = name.starts_with("org.freedesktop.PolicyKit1.Error.");
        return Refusal{ManagementError::not_authorized, answered ? says_no : is_not_there};
    }
    const bool whole = sd_bus_message_has_signature(reply, "(bba{ss})") > 0
        && sd_bus_message_enter_container(reply, 'r', "bba{ss}") > 0
        && sd_bus_message_read(reply, "bb", &authorized, &challenge) > 0;
    if (whole && authorized == 1) return std::nullopt;
    return Refusal{ManagementError::not_authorized, whole && challenge == 1 ? nobody_to_ask : says_no};
}

/// By what it can be withdrawn: no caller numbers two of his calls alike, and if one does, polkit refuses the second.
std::string name_of(sd_bus_message* call) {
    std::uint64_t number = 0;
    (void)sd_bus_message_get_cookie(call, &number);
    return std::string("stepup ") + sd_bus_message_get_sender(call) + ' ' + std::to_string(number);
}

/// One question, from when it is asked until it is answered or withdrawn.
class Inquiry : public std::enable_shared_from_this<Inquiry> {
public:
    Inquiry(sd_bus_message* call, std::function<void()> kick, std::function<void(std::optional<Refusal>)> answer)
        : bus_(sd_bus_message_get_bus(call)),
          caller_(sd_bus_message_get_sender(call)),
          may_interact_(sd_bus_message_get_allow_interactive_authorization(call) > 0),
          id_(name_of(call)),
          kick_(std::move(kick)),
          answer_(std::move(answer)) { }

    void ask(const Question& question) {
        const auto message = check(question);
        const auto answered = [self = shared_from_this()](sd_bus_message* reply) {
            self->watch_.reset();
            self->answer_(verdict_in(reply));
        };
        const auto time = may_interact_ ? somebody_types_within : answers_within;
        // First the watch: who goes after polkit was asked is then seen to go.
        if (may_interact_) watch_caller();
        if (!message || bus::call_async(bus_, message.get(), answered, time) < 0) {
            watch_.reset();
            return answer_(Refusal{ManagementError::not_authorized, is_not_there});
        }
        kick_();
    }

private:
    /// CheckAuthorization of the caller, by the name the bus gave him.
    [[nodiscard]] bus::Message check(const Question& question) const {
        auto message = call_of(bus_, "CheckAuthorization");
        const auto* details = question.user.empty() ? "" : question.user.c_str();
        if (!message
            || sd_bus_message_append(message.get(), "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                                     caller_.c_str(), std::string(question.action).c_str(), 1, "user", details,
                                     may_interact_ ? allow_user_interaction : 0U, id_.c_str())
                < 0)
            return nullptr;
        return message;
    }

    void watch_caller() {
        const auto rule = "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                          "member='NameOwnerChanged',arg0='"
            + caller_ + "',arg2=''";
        sd_bus_slot* slot = nullptr;
        if (sd_bus_add_match_async(bus_, &slot, rule.c_str(), caller_is_gone, nullptr, this) >= 0) watch_.reset(slot);
    }

    static int caller_is_gone(sd_bus_message*, void* inquiry, sd_bus_error*) {
        static_cast<Inquiry*>(inquiry)->withdraw();
        return 0;
    }

    /// polkit then answers that the question was cancelled.
    void withdraw() const {
        const auto message = call_of(bus_, "CancelCheckAuthorization");
        if (!message || sd_bus_message_append(message.get(), "s", id_.c_str()) < 0) return;
        (void)sd_bus_message_set_expect_reply(message.get(), 0);
        (void)sd_bus_send(bus_, message.get(), nullptr);
        kick_();
    }

    sd_bus* bus_;  // outlives what waits on it
    std::string caller_;
    bool may_interact_;
    std::string id_;
    std::function<void()> kick_;
    std::function<void(std::optional<Refusal>)> answer_;
    Slot watch_;
};

}  // namespace

void ask_polkit(sd_bus_message* call, const Question& question, const std::function<void()>& kick,
                std::function<void(std::optional<Refusal>)> answer) {
    std::make_shared<Inquiry>(call, kick, std::move(answer))->ask(question);
}

}  // namespace stepup
