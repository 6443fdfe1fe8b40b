#include "daemon/maintenance/command.hpp"

#include <array>

namespace stepup {

std::span<const Command> commands() {
    static constexpr std::array all{Command{"admin", admin_command}, Command{"audit", audit_command},
                                    Command{"policy", policy_command}};
    return all;
}

}  // namespace stepup
