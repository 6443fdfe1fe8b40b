#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string_view>

#include <sys/types.h>

#include "common/clock.hpp"

namespace stepup {

/// What a method takes to be admitted.
enum class Needs : std::uint8_t {
    identity,  ///< the bus says whose uid calls
    session,   ///< and the last argument is a token for the caller's own session, or ""
    admin,     ///< the same, of uid 0 or of whom polkit lets do `action`
};

struct GateRow {
    std::string_view interface;
    std::string_view method;
    Needs needs;
    std::string_view action = "org.stepup.manage-own";  ///< of polkit; asked about only where an admin is needed
};

/// Every method there is. Absent means refused.
constexpr std::array gate_rows{
    GateRow{"org.stepup.StepUp1.Factors", "List", Needs::identity},
    GateRow{"org.stepup.StepUp1.Factors", "EnrollTotp", Needs::session},
    GateRow{"org.stepup.StepUp1.Factors", "EnrollHotp", Needs::session},
    GateRow{"org.stepup.StepUp1.Factors", "EnrollSshSecurityKey", Needs::session},
    GateRow{"org.stepup.StepUp1.Factors", "Import", Needs::session},
    GateRow{"org.stepup.StepUp1.Factors", "Confirm", Needs::session},
    GateRow{"org.stepup.StepUp1.Factors", "Remove", Needs::session},
    GateRow{"org.stepup.StepUp1.Factors", "Rename", Needs::session},
    GateRow{"org.stepup.StepUp1.Factors", "SetPrimary", Needs::session},
    GateRow{"org.stepup.StepUp1.Factors", "Disable", Needs::session},
    GateRow{"org.stepup.StepUp1.Recovery", "Status", Needs::identity},
    GateRow{"org.stepup.StepUp1.Recovery", "Regenerate", Needs::session},
    GateRow{"org.stepup.StepUp1.Session", "Status", Needs::session},
    GateRow{"org.stepup.StepUp1.Session", "Lock", Needs::session},
    GateRow{"org.stepup.StepUp1.Session", "Begin", Needs::session},
    GateRow{"org.stepup.StepUp1.Session", "Answer", Needs::session},
    GateRow{"org.stepup.StepUp1.Keys", "List", Needs::identity},
    GateRow{"org.stepup.StepUp1.Keys", "Forget", Needs::identity},
    GateRow{"org.stepup.StepUp1.Keys", "ForgetAll", Needs::identity},
    GateRow{"org.stepup.StepUp1.Admin", "Status", Needs::admin, "org.stepup.manage-users"},
    GateRow{"org.stepup.StepUp1.Admin", "List", Needs::admin, "org.stepup.manage-users"},
    GateRow{"org.stepup.StepUp1.Admin", "NotEnrolled", Needs::admin, "org.stepup.manage-users"},
    GateRow{"org.stepup.StepUp1.Admin", "Reset", Needs::admin, "org.stepup.manage-users"},
    GateRow{"org.stepup.StepUp1.Admin", "Bypass", Needs::admin, "org.stepup.manage-users"},
    GateRow{"org.stepup.StepUp1.Admin", "Invite", Needs::admin, "org.stepup.manage-users"},
    GateRow{"org.stepup.StepUp1.Admin", "Import", Needs::admin, "org.stepup.manage-users"},
    GateRow{"org.stepup.StepUp1.Admin", "Unlock", Needs::admin, "org.stepup.manage-users"},
    GateRow{"org.stepup.StepUp1.Admin", "UnlockSource", Needs::admin, "org.stepup.manage-users"},
    GateRow{"org.stepup.StepUp1.Admin", "Keys", Needs::admin, "org.stepup.manage-users"},
    GateRow{"org.stepup.StepUp1.Admin", "ForgetKeys", Needs::admin, "org.stepup.manage-users"},
    GateRow{"org.stepup.StepUp1.Policy", "Get", Needs::admin, "org.stepup.change-policy"},
    GateRow{"org.stepup.StepUp1.Policy", "Reload", Needs::admin, "org.stepup.change-policy"},
    GateRow{"org.stepup.StepUp1.Policy", "Set", Needs::admin, "org.stepup.change-policy"},
    GateRow{"org.stepup.StepUp1.Policy", "Explain", Needs::admin, "org.stepup.change-policy"},
};

[[nodiscard]] constexpr const GateRow* admitted(std::string_view interface, std::string_view method) {
    for (const auto& row : gate_rows)
        if (row.interface == interface && row.method == method) return &row;
    return nullptr;
}
static_assert(admitted("org.stepup.StepUp1.Factors", "SetSecret") == nullptr);
static_assert(admitted("", "List") == nullptr);

/// How much one user may ask of us. Root may ask as often as it likes: it lists accounts by the thousand.
class Quota {
public:
    static constexpr int burst = 30;          ///< calls at once
    static constexpr Millis one_more{334};    ///< is allowed each time this has passed: 30 in 10 s
    static constexpr int most_in_flight = 8;  ///< calls that wait for their answer

    /// Takes a place for one call of `uid`; false if there is none. Whoever got one gives it back by leave().
    [[nodiscard]] bool enter(uid_t uid, Instant now);
    void leave(uid_t uid);

private:
    struct Use {
        int in_flight = 0;
        Millis paid_until{};  ///< CLOCK_BOOTTIME: each call pays one_more; `burst` of them may be ahead of now
    };
    void forget_idle(Instant now);
    std::map<uid_t, Use> uses_;
};

}  // namespace stepup
