#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/management_error.hpp"
#include "dbus/bus.hpp"

namespace stepup {

/// A question to polkit.
struct Question {
    std::string_view action;  ///< "org.stepup.manage-users"
    std::string user;         ///< whom it is about; rules see it as `user`. Empty: nobody in particular
};

/// Asks polkit whether the caller of `call` may do what is root's otherwise, and returns; `answer` gets nothing if he
/// may, else why not. Where the caller allows it, polkit may ask an administrator first, which takes its time; nothing
/// is held meanwhile, and the question is withdrawn if the caller goes away. Whatever is not a clear "yes" is "no", and
/// nothing is remembered. `kick`: after anything was put on the bus.
void ask_polkit(sd_bus_message* call, const Question& question, const std::function<void()>& kick,
                std::function<void(std::optional<Refusal>)> answer);

}  // namespace stepup
