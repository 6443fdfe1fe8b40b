#pragma once

#include <exception>

#include "dbus/bus.hpp"
#include "dbus/errors.hpp"

namespace stepup::bus {

template <class Object> Object class_of(void (Object::*)(Message));

/// The sd-bus handler for a member function that takes the call and replies in its own time. Exceptions stop here.
template <auto Method> int call(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    using Object = decltype(class_of(Method));
    try {
        (static_cast<Object*>(userdata)->*Method)(share(message));
        return 1;
    } catch (const std::exception&) {
        const auto name = error_name(ManagementError::unavailable);
        return sd_bus_error_set(error, name.c_str(), row_of(ManagementError::unavailable).sentence.data());
    }
}

}  // namespace stepup::bus
