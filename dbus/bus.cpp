#include "dbus/bus.hpp"

namespace stepup::bus {
namespace {

/// The text at the cursor; it lives as long as the message.
bool next_text(sd_bus_message* message, std::string_view& text) {
    const char* found = nullptr;
    if (sd_bus_message_read_basic(message, SD_BUS_TYPE_STRING, &found) <= 0) return false;
    text = found;
    return text.size() <= longest_argument;
}

int deliver(sd_bus_message* reply, void* replied, sd_bus_error*) {
    (*static_cast<Replied*>(replied))(reply);
    return 0;
}

void forget(void* replied) { delete static_cast<Replied*>(replied); }

}  // namespace

bool read(sd_bus_message* message, std::string& value) {
    std::string_view text;
    if (!next_text(message, text)) return false;
    value = text;
    return true;
}

bool read(sd_bus_message* message, std::vector<std::string>& value) {
    if (sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "s") <= 0) return false;
    while (sd_bus_message_at_end(message, 0) == 0)
        if (value.size() == most_elements || !read(message, value.emplace_back())) return false;
    return sd_bus_message_exit_container(message) >= 0;
}

bool read(sd_bus_message* message, Secret& value) {
    std::string_view text;
    return next_text(message, text) && value.copy(text);
}

bool read(sd_bus_message* message, std::int64_t& value) {
    return sd_bus_message_read_basic(message, SD_BUS_TYPE_INT64, &value) > 0;
}

bool read(sd_bus_message* message, std::uint32_t& value) {
    return sd_bus_message_read_basic(message, SD_BUS_TYPE_UINT32, &value) > 0;
}

bool read(sd_bus_message* message, std::uint64_t& value) {
    return sd_bus_message_read_basic(message, SD_BUS_TYPE_UINT64, &value) > 0;
}

bool read(sd_bus_message* message, bool& value) {
    int found = 0;
    if (sd_bus_message_read_basic(message, SD_BUS_TYPE_BOOLEAN, &found) <= 0) return false;
    value = found != 0;
    return true;
}

namespace detail {

bool enter(sd_bus_message* message, char type) {
    char found = 0;
    const char* contents = nullptr;
    return sd_bus_message_peek_type(message, &found, &contents) > 0 && found == type
        && sd_bus_message_enter_container(message, type, contents) > 0;
}

bool leave(sd_bus_message* message) { return sd_bus_message_exit_container(message) >= 0; }

bool at_end(sd_bus_message* message) { return sd_bus_message_at_end(message, 0) != 0; }

}  // namespace detail

int call_async(sd_bus* bus, sd_bus_message* call, Replied replied, std::uint64_t timeout_usec) {
    auto held = std::make_unique<Replied>(std::move(replied));
    sd_bus_slot* slot = nullptr;
    const int queued = sd_bus_call_async(bus, &slot, call, deliver, held.get(), timeout_usec);
    if (queued < 0) return queued;
    // The slot owns `held` from here on, and the bus owns the slot.
    sd_bus_slot_set_destroy_callback(slot, forget);
    (void)held.release();
    sd_bus_slot_set_floating(slot, 1);
    sd_bus_slot_unref(slot);
    return 0;
}

}  // namespace stepup::bus
