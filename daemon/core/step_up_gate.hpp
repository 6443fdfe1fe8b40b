#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/clock.hpp"
#include "common/management_error.hpp"
#include "daemon/core/origins.hpp"
#include "daemon/core/ports.hpp"
#include "daemon/core/windows.hpp"
#include "policy/rule.hpp"

namespace stepup {

/// Whoever makes a management call: always about himself.
struct Caller {
    Account account;
    std::optional<Session> session;  ///< where he stands, if he showed a token
    std::string connection{};        ///< his unique name on the bus
};

template <class T = void> using Answer = std::function<void(Managed<T>)>;

using PolicyInForce = std::function<std::shared_ptr<const Policy>()>;

/// What a change of `concerned` asks for: as strong a factor. Up to a one-time password's strength a recovery code will
/// do, so that a lost phone can be replaced (design: windows).
[[nodiscard]] Strength strength_to_change(FactorKind concerned);

/// Decides who may change factors. The first one: whoever sits at a terminal of his own login session or, where policy
/// wants an invite, proved a code that an administrator handed out. Every other change: whoever proved a factor
/// recently enough; adding one, also whoever proved such a code.
class StepUpGate {
public:
    StepUpGate(const Records& records, Recorder& recorder, AuditSink& journal, const ProcReader& proc,
               const Origins& origins, PolicyInForce policy)
        : records_(records),
          recorder_(recorder),
          journal_(journal),
          proc_(proc),
          origins_(origins),
          policy_(std::move(policy)) { }

    /// One change, about to be made.
    struct Change {
        const char* what;  ///< for the audit trail
        FactorKind concerned = FactorKind::totp;
        Millis under_way{};  ///< began so long ago: a verification that was recent then is recent enough
        bool adds = false;   ///< a factor: for that, a code that an administrator handed out will do
    };

    /// Answers with nothing if `caller`, who has `enrolled`, may make `change`; otherwise with not_authorized,
    /// policy_forbids, step_up_required (naming the factors that would do) or unavailable.
    void may_change(const Caller& caller, const std::vector<Enrollment>& enrolled, const Change& change, Instant now,
                    const Answer<>& done);

    /// The window that satisfies `requirement` where `caller` stands.
    [[nodiscard]] Result<std::optional<Window>> window(const Caller& caller, const Requirement& requirement,
                                                       Instant now) const;

    /// What policy demands of `caller` for `service`.
    [[nodiscard]] Requirement requirement(const Caller& caller, std::string_view service, Instant now) const;

private:
    /// A window for the change, and whether a code that was handed out made it.
    [[nodiscard]] Result<std::optional<Window>> window_for(const Caller& caller, const Change& change, bool first,
                                                           Instant now) const;
    void demand(const Caller& caller, const std::vector<Enrollment>& enrolled, const Change& change, Instant now,
                const Answer<>& done);

    const Records& records_;
    Recorder& recorder_;
    AuditSink& journal_;
    const ProcReader& proc_;
    const Origins& origins_;
    PolicyInForce policy_;
};

/// True if `enrolled` has a factor that is active. Recovery codes are none: they replace one.
[[nodiscard]] bool has_active_factor(const std::vector<Enrollment>& enrolled);

}  // namespace stepup
