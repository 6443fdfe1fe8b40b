#include "cli/foreign/reading.hpp"
#include "common/bytes.hpp"
#include "common/printable.hpp"
#include "tests/fuzz/fuzz.hpp"

// Files of other tools: whatever they hold, a reader gives generators within their bounds, and never quotes them.

namespace {

using stepup::foreign::Reading;
using stepup::fuzz::must;

constexpr std::int64_t now = 1'700'000'000;

void look_at(const Reading& reading) {
    for (const auto& one : reading.generators) {
        const auto raw = stepup::from_base32(one.secret.reveal());
        must(raw && raw->size() == one.bytes, "a secret is base32 of so many bytes");
        must(one.bytes > 0 && one.bytes <= stepup::foreign::longest_secret, "a secret has 1 to 64 bytes");
        must(one.digits >= 6 && one.digits <= 8, "a code has 6 to 8 digits");
        must(one.period >= 15 && one.period <= 60, "a code is shown for 15 to 60 seconds");
        must(one.algorithm == "SHA1" || one.algorithm == "SHA256" || one.algorithm == "SHA512", "a known algorithm");
        must(one.counts_time || one.algorithm == "SHA1", "HOTP is SHA-1");
        must(one.counter <= std::uint64_t{UINT32_MAX} + 1, "a counter fits");
        if (one.counts_time)
            must(one.counter <= now / one.period + stepup::foreign::farthest_step, "no step of a day to come is used");
    }
    for (const auto& note : reading.notes) must(stepup::is_printable(note.text, 1024), "a sentence of ours");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    stepup::fuzz::Input input(data, size);
    const auto tool = input.byte() % 6;
    const auto text = input.all();
    switch (tool) {
    case 0: look_at(stepup::foreign::read_google_authenticator(text, now)); break;
    case 1: look_at(stepup::foreign::read_users_oath(text, now)); break;
    case 2: look_at(stepup::foreign::read_otpauth(text)); break;
    case 3: look_at(stepup::foreign::read_aegis(text)); break;
    case 4: look_at(stepup::foreign::read_u2f(text)); break;
    default: look_at(stepup::foreign::read_yubico(text)); break;
    }
    return 0;
}
