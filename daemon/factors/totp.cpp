#include "daemon/factors/totp.hpp"

#include <algorithm>
#include <limits>

#include "common/bytes.hpp"
#include "daemon/factors/oath.hpp"

namespace stepup {
namespace {

constexpr std::int64_t skew = 1;  // steps either side; RFC 6238 §5.2 asks for at most one
// Of generators that were set up elsewhere; ours have RFC 6238's 30 s. With the skew a code of 60 s lives for three
// minutes: nobody needs longer.
constexpr unsigned shortest_period = 15;
constexpr unsigned longest_period = 60;
constexpr std::uint64_t most_step = std::numeric_limits<std::uint32_t>::max();

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

    std::uint64_t counter_from_now(const Draft& draft, Instant now) const override {
        const auto newest = now.wall.count() / 1000 / draft.oath.period + skew;
        return std::max(draft.counter, static_cast<std::uint64_t>(std::max<std::int64_t>(newest, 0)));
    }

    Managed<Draft> draft(const EnrollmentWish& wish, const Holder& holder, StrongRandom& random) const override {
        if (wish.period < shortest_period || wish.period > longest_period)
            return refuse(ManagementError::invalid_argument, "A code is shown for 15 to 60 seconds.");
        if (wish.counter > most_step)
            return refuse(ManagementError::invalid_argument, "A step that was used is a number from 0 to 4294967295.");
        const OathParameters oath{.hash = TRY(oath_hash(wish)), .period = wish.period};
        auto draft = TRY(oath_draft(wish, oath, random));
        draft.counter = wish.counter;
        draft.uri = otpauth_uri("totp", holder, draft, "period=" + std::to_string(oath.period));
        return draft;
    }
};

}  // namespace

std::unique_ptr<Factor> make_totp() { return std::make_unique<Totp>(); }

}  // namespace stepup
