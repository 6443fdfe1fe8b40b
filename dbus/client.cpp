#include "dbus/client.hpp"

#include "dbus/errors.hpp"
#include "dbus/names.hpp"

namespace stepup::bus {
namespace {

constexpr const char* no_bus = "The system bus does not answer. `systemctl status dbus` may say why.";
constexpr const char* no_daemon = "stepupd does not answer on the system bus. `systemctl status stepupd` may say why.";

/// Greets the bus. A bus that hangs is given up in seconds; sd_bus_call() would wait for minutes.
bool becomes_ready(sd_bus* bus) {
    const auto deadline = std::chrono::steady_clock::now() + Client::greeting;
    while (sd_bus_is_ready(bus) == 0) {
        const int done = sd_bus_process(bus, nullptr);
        if (done > 0) continue;
        const auto left = std::chrono::ceil<std::chrono::microseconds>(deadline - std::chrono::steady_clock::now());
        if (done < 0 || left.count() <= 0) return false;
        if (sd_bus_wait(bus, static_cast<std::uint64_t>(left.count())) < 0) return false;
    }
    return sd_bus_is_ready(bus) > 0;
}

/// The seconds that follow the sentence of an error; 0 where there are none.
std::uint32_t seconds_in(sd_bus_message* reply) {
    std::string sentence;
    std::uint32_t seconds = 0;
    if (sd_bus_message_rewind(reply, 1) < 0 || !read(reply, sentence)) return 0;
    return read(reply, seconds) ? seconds : 0;
}

/// The refusal that an error reply stands for; ours carry a sentence, others get the table's.
Refusal refusal_of(const sd_bus_error* error, sd_bus_message* reply) {
    const std::string_view name = error->name == nullptr ? "" : error->name;
    const auto means = error_named(name);
    const bool ours = name.starts_with(error_prefix) && error->message != nullptr;
    if (ours) return {means, error->message, seconds_in(reply)};
    return {means, means == ManagementError::unavailable ? no_daemon : std::string(row_of(means).sentence), 0};
}

}  // namespace

Managed<Client> Client::open() {
    sd_bus* opened = nullptr;
    if (sd_bus_open_system_with_description(&opened, "stepup") < 0) return refuse(ManagementError::unavailable, no_bus);
    Bus bus(opened);
    if (!becomes_ready(opened)) return refuse(ManagementError::unavailable, no_bus);
    return Client(std::move(bus));
}

void Client::let_polkit_ask() {
    polkit_may_ask_ = true;
    const auto wait = std::chrono::microseconds(with_polkit);
    sd_bus_set_method_call_timeout(bus_.get(), static_cast<std::uint64_t>(wait.count()));
}

Managed<Message> Client::prepare(const char* interface, const char* method) {
    sd_bus_message* made = nullptr;
    if (sd_bus_message_new_method_call(bus_.get(), &made, service_name, object_path, interface, method) < 0)
        return refuse(ManagementError::unavailable, no_bus);
    sd_bus_message_sensitive(made);
    (void)sd_bus_message_set_allow_interactive_authorization(made, polkit_may_ask_ ? 1 : 0);
    return Message(made);
}

Managed<Message> Client::send(Message message) {
    // Not sd_bus_call(): of an error it would give the sentence alone, without the seconds behind it.
    const auto timeout = static_cast<std::uint64_t>(std::chrono::microseconds(patience).count());
    sd_bus_message* made = nullptr;
    const Replied keep = [&made](sd_bus_message* answer) { made = sd_bus_message_ref(answer); };
    if (call_async(bus_.get(), message.get(), keep, timeout) < 0) return refuse(ManagementError::unavailable, no_bus);
    while (made == nullptr) {
        const int done = sd_bus_process(bus_.get(), nullptr);
        if (done < 0 || (done == 0 && sd_bus_wait(bus_.get(), timeout) < 0)) break;
    }
    Message reply(made);
    if (!reply) return refuse(ManagementError::unavailable, no_daemon);
    if (sd_bus_message_is_method_error(made, nullptr) == 0) return reply;
    return tl::make_unexpected(refusal_of(sd_bus_message_get_error(made), made));
}

bool Client::append(sd_bus_message* message, std::string_view text) {
    std::string terminated(text);
    const bool done = sd_bus_message_append_basic(message, SD_BUS_TYPE_STRING, terminated.c_str()) >= 0;
    wipe(terminated);  // it may have been a secret
    return done;
}

bool Client::append(sd_bus_message* message, std::int64_t number) {
    return sd_bus_message_append_basic(message, SD_BUS_TYPE_INT64, &number) >= 0;
}

bool Client::append(sd_bus_message* message, std::uint32_t number) {
    return sd_bus_message_append_basic(message, SD_BUS_TYPE_UINT32, &number) >= 0;
}

bool Client::append(sd_bus_message* message, std::uint64_t number) {
    return sd_bus_message_append_basic(message, SD_BUS_TYPE_UINT64, &number) >= 0;
}

bool Client::append(sd_bus_message* message, const std::vector<std::string>& texts) {
    if (sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "s") < 0) return false;
    for (const auto& text : texts)
        if (!append(message, std::string_view(text))) return false;
    return sd_bus_message_close_container(message) >= 0;
}

bool Client::append(sd_bus_message* message, bool truth) {
    const int number = truth ? 1 : 0;
    return sd_bus_message_append_basic(message, SD_BUS_TYPE_BOOLEAN, &number) >= 0;
}

}  // namespace stepup::bus
