#include "daemon/factors/ssh_security_key.hpp"

#include "common/bytes.hpp"

namespace stepup {
namespace {

class SshSecurityKey final : public Factor {
public:
    bool could_answer(const Enrollment&, std::string_view) const override { return false; }

    Result<Check> verify(const Enrollment& enrollment, const Material& material, const Secret& answer,
                         Instant) const override {
        const bool same = !answer.empty() && equal_constant_time(material.secret.reveal(), answer.reveal());
        if (!same) return Rejected{};
        return Accepted{SpendNothing{enrollment.id}};
    }

    std::string_view example(const Enrollment&) const override { return "shown by logging in with it"; }

    Managed<Draft> draft(const EnrollmentWish& wish, const Holder&, StrongRandom&) const override {
        if (wish.login_key.empty())
            return refuse(ManagementError::invalid_argument,
                          "A security key is enrolled by `stepup enroll ssh-security-key`, in a login made with it.");
        Draft draft;
        if (!draft.seed.copy(wish.login_key)) return refuse(ManagementError::unavailable);
        return draft;
    }
};

}  // namespace

std::unique_ptr<Factor> make_ssh_security_key() { return std::make_unique<SshSecurityKey>(); }

}  // namespace stepup
