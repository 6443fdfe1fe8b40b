#include "daemon/factors/hotp.hpp"

#include <limits>

#include "common/bytes.hpp"
#include "daemon/factors/oath.hpp"

namespace stepup {
namespace {

constexpr std::uint64_t most_counter = std::numeric_limits<std::uint32_t>::max();  // no button is pressed more often

/// One answer, and the seed it is compared with.
class Comparison {
public:
    Comparison(OathCodes codes, std::string_view answer) : codes_(std::move(codes)), answer_(answer) { }

    Result<bool> is_of(std::uint64_t counter) {
        const auto expected = TRY(codes_.at(counter));
        return equal_constant_time(expected, answer_);
    }
    /// The last of `from` … `end` − 1 that has this code. Each is compared, wherever it is.
    Result<std::optional<std::uint64_t>> last_in(std::uint64_t from, std::uint64_t end) {
        std::optional<std::uint64_t> found;
        for (auto counter = from; counter < end; ++counter)
            if (TRY(is_of(counter))) found = counter;
        return found;
    }

private:
    OathCodes codes_;
    std::string_view answer_;
};

class Hotp final : public Factor {
public:
    bool could_answer(const Enrollment& enrollment, std::string_view answer) const override {
        return could_be_oath_code(answer, enrollment.oath.digits);
    }

    Secret normal(const Secret& typed) const override { return without_blanks(typed); }

    Result<Check> verify(const Enrollment& enrollment, const Material& material, const Secret& answer,
                         Instant) const override {
        if (!is_oath_code(answer.reveal(), enrollment.oath.digits)) return Rejected{};
        Comparison compared(TRY(OathCodes::open(material.secret.reveal(), enrollment.oath)), answer.reveal());
        const auto next = material.counter;
        // The last match counts: had two counters the same code, the other one would be accepted again later.
        if (const auto near = TRY(compared.last_in(next, next + hotp_look_ahead)))
            return Accepted{SpendCounter{enrollment.id, *near + 1}};
        if (material.awaited && *material.awaited > next && TRY(compared.is_of(*material.awaited)))
            return Accepted{SpendCounter{enrollment.id, *material.awaited + 1, material.awaited}};
        Rejected rejected;
        if (next > 0 && TRY(compared.is_of(next - 1))) rejected.why = Rejected::Why::replayed;
        const auto far = TRY(compared.last_in(next + hotp_look_ahead, next + hotp_resynchronizes));
        if (far)
            rejected.remember = Await{enrollment.id, *far + 1};
        else if (material.awaited)
            rejected.remember = Await{enrollment.id, std::nullopt};  // only the very next answer counts
        return rejected;
    }

    std::string_view example(const Enrollment& enrollment) const override {
        return enrollment.unsure ? "after another" : oath_example(enrollment.oath);
    }
    std::string_view advice() const override { return "hotp refused? Type the token's next code, too.\n"; }

    Managed<Draft> draft(const EnrollmentWish& wish, const Holder& holder, StrongRandom& random) const override {
        if (wish.counter > most_counter)
            return refuse(ManagementError::invalid_argument, "A counter is a number from 0 to 4294967295.");
        auto draft = TRY(oath_draft(wish, {}, random));  // RFC 4226 knows SHA-1 only
        draft.counter = wish.counter;
        draft.uri = otpauth_uri("hotp", holder, draft, "counter=" + std::to_string(wish.counter));
        return draft;
    }
};

}  // namespace

std::unique_ptr<Factor> make_hotp() { return std::make_unique<Hotp>(); }

}  // namespace stepup
