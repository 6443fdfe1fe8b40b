#include "daemon/factors/totp.hpp"

#include "common/bytes.hpp"
#include "daemon/factors/oath.hpp"

namespace stepup {
namespace {

constexpr std::int64_t skew = 1;  // steps either side; RFC 6238 §5.2 asks for at most one

class Totp final : public Factor {
public:
    bool could_answer(const Enrollment& enrollment, std::string_view answer) const override {
        return could_be_oath_code(answer, enrollment.oath.digits);
    }

    Secret normal(const Secret& typed) const override { return without_blanks(typed); }

    Result<Check> verify(const Enrollment& enrollment, const Material& material, const Secret& answer,
                         Instant now) const override {
        if (!is_oath_code(answer.reveal(), enrollment.oath.digits)) return Rejected{};
        auto codes = TRY(OathCodes::open(material.secret.reveal(), enrollment.oath));
        const auto current = now.wall.count() / 1000 / enrollment.oath.period;
        std::optional<std::uint64_t> matched;
        for (auto step = current - skew; step <= current + skew; ++step) {
            if (step < 0) continue;
            const auto counter = static_cast<std::uint64_t>(step);
            const auto expected = TRY(codes.at(counter));
            // The latest match counts: were two steps to show the same code, spending the later one voids both.
            if (equal_constant_time(expected, answer.reveal())) matched = counter;
        }
        if (!matched) return Rejected{};
        if (*matched <= material.counter) return Rejected{Rejected::Why::replayed};  // RFC 6238 §5.2: once only
        return Accepted{SpendCounter{enrollment.id, *matched}};
    }

    std::string_view example(const Enrollment& enrollment) const override { return oath_example(enrollment.oath); }

    Managed<Draft> draft(const EnrollmentWish& wish, const Holder& holder, StrongRandom& random) const override {
        const OathParameters oath{.hash = TRY(oath_hash(wish))};
        auto draft = TRY(oath_draft(wish, oath, random));
        draft.uri = otpauth_uri("totp", holder, draft, "period=" + std::to_string(oath.period));
        return draft;
    }
};

}  // namespace

std::unique_ptr<Factor> make_totp() { return std::make_unique<Totp>(); }

}  // namespace stepup
