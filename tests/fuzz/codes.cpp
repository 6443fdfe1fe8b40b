#include <optional>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/bytes.hpp"
#include "daemon/factors/hotp.hpp"
#include "daemon/factors/recovery_code.hpp"
#include "daemon/factors/totp.hpp"
#include "tests/fuzz/fuzz.hpp"

// What people type as a code, and the alphabets that codes and seeds are written in.

namespace {

using namespace stepup;
using fuzz::must;

Secret secret(std::string_view text) {
    Secret made;
    (void)made.copy(text);
    return made;
}

void check_alphabets(const std::string& text) {
    must(from_hex(to_hex(text)) == text, "hex is read back");
    must(from_base32(to_base32(text)) == text, "base32 is read back");
    must(to_base64url(text).size() == (text.size() * 4 + 2) / 3, "base64url has no padding");
    std::string upper = text;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (const auto raw = from_base32(text)) must(to_base32(*raw) == upper, "base32 is read in one way only");
    if (const auto raw = from_hex(text)) must(to_hex(*raw).size() == text.size(), "hex is read whole");
}

void check_recovery_code(const std::string& typed) {
    static const auto factor = make_recovery_code(secret("pepper"));
    const auto normal = normal_recovery_code(typed);
    must(factor->could_answer({}, typed) == normal.has_value(), "what could answer has a normal form");
    if (typed.size() > Secret::capacity) return;
    must(factor->normal(secret(typed)).reveal() == normal.value_or(""), "the factor's normal form is that one");
    if (!normal) return;
    must(normal->size() == 20 && normal->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == normal->npos,
         "a code has 20 letters of base32");
    must(normal_recovery_code(*normal) == normal, "the normal form is normal");
    std::string kept;
    for (const char c : typed)
        if (c != ' ' && c != '-') kept += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    must(kept == *normal, "no letter is made up");
}

/// RFC 4226 §5.3 once more, by OpenSSL's older interface.
std::string code_at(std::uint64_t counter, const std::string& seed, const OathParameters& oath) {
    constexpr std::array digests{EVP_sha1, EVP_sha256, EVP_sha512};
    std::array<unsigned char, 8> message{};
    for (std::size_t i = 8; i-- > 0; counter >>= 8U) message.at(i) = counter & 255U;
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    HMAC(digests.at(static_cast<std::size_t>(oath.hash))(), seed.data(), static_cast<int>(seed.size()), message.data(),
         message.size(), mac.data(), &size);
    const auto* at = &mac.at(mac.at(size - 1) & 15U);
    std::uint64_t value = (at[0] & 127U) * 16777216ULL + at[1] * 65536ULL + at[2] * 256ULL + at[3];
    std::string code(oath.digits, '0');
    for (std::size_t i = code.size(); i-- > 0; value /= 10) code.at(i) = static_cast<char>('0' + value % 10);
    return code;
}

void check_totp(fuzz::Input& input) {
    static const auto factor = make_totp();
    Enrollment enrollment;
    enrollment.id = 7;
    enrollment.oath = {static_cast<OathHash>(input.up_to(2)), 6 + static_cast<unsigned>(input.up_to(2)),
                       input.once_in(2) ? 60U : 30U};
    const std::int64_t step = input.number();
    const auto last = static_cast<std::uint64_t>(std::max<std::int64_t>(0, step - 2)) + input.up_to(4);
    const Instant now{Seconds(step * enrollment.oath.period + static_cast<std::int64_t>(input.up_to(29))), Millis(1)};
    const auto seed = "seed" + input.text();
    const auto offset = static_cast<std::int64_t>(input.up_to(5)) - 2;  // 3: what was typed instead of a code
    auto typed = offset == 3 ? input.all() : code_at(static_cast<std::uint64_t>(step + offset), seed, enrollment.oath);
    if (typed.size() > Secret::capacity) return;

    const auto normal = factor->normal(secret(typed));
    must(factor->normal(normal).reveal() == normal.reveal(), "the normal form is normal");
    must(!factor->could_answer(enrollment, typed) || normal.size() == enrollment.oath.digits, "and has all its digits");
    std::optional<std::uint64_t> right;
    for (auto near = std::max<std::int64_t>(0, step - 1); near <= step + 1; ++near)
        if (code_at(static_cast<std::uint64_t>(near), seed, enrollment.oath) == normal.reveal())
            right = static_cast<std::uint64_t>(near);
    const auto check = factor->verify(enrollment, {.secret = secret(seed), .counter = last}, normal, now);
    must(check.has_value(), "a code can be compared");
    const auto* accepted = std::get_if<Accepted>(&*check);
    must((accepted != nullptr) == (right && *right > last), "a code is right in its own step, once");
    if (accepted == nullptr) return;
    const auto* spent = std::get_if<SpendCounter>(&accepted->spend);
    must(spent != nullptr && spent->enrollment == 7 && spent->counter == *right, "and spends that step");
}

void check_hotp(fuzz::Input& input) {
    static const auto factor = make_hotp();
    Enrollment enrollment;
    enrollment.id = 7;
    enrollment.oath.digits = 6 + static_cast<unsigned>(input.up_to(2));
    const auto next = static_cast<std::uint64_t>(input.number());
    std::optional<std::uint64_t> awaited;
    if (input.once_in(2)) awaited = next + input.up_to(120);
    const auto seed = "seed" + input.text();
    const auto offset = input.up_to(122);  // 122: what was typed instead of a code
    const auto typed = offset == 122 ? input.all() : code_at(next + offset - 1, seed, enrollment.oath);
    if (typed.size() > Secret::capacity) return;

    const auto normal = factor->normal(secret(typed));
    const auto is_of
        = [&](std::uint64_t counter) { return code_at(counter, seed, enrollment.oath) == normal.reveal(); };
    std::optional<std::uint64_t> right;
    std::optional<std::uint64_t> far;
    for (auto counter = next; counter < next + 10; ++counter)
        if (is_of(counter)) right = counter;
    for (auto counter = next + 10; counter < next + 100; ++counter)
        if (is_of(counter)) far = counter;
    if (!right && awaited && *awaited > next && is_of(*awaited)) right = awaited;

    const auto check
        = factor->verify(enrollment, {.secret = secret(seed), .counter = next, .awaited = awaited}, normal, {});
    must(check.has_value(), "a code can be compared");
    const auto* accepted = std::get_if<Accepted>(&*check);
    must((accepted != nullptr) == right.has_value(), "a code is right if it is near, or the one awaited");
    if (accepted != nullptr) {
        const auto* spent = std::get_if<SpendCounter>(&accepted->spend);
        must(spent != nullptr && spent->enrollment == 7 && spent->counter == *right + 1, "and spends all up to it");
        must(spent->answers.has_value() == (*right >= next + 10), "a far one only as the second of a pair");
        return;
    }
    const auto& remember = std::get<Rejected>(*check).remember;
    if (far) must(remember && remember->counter == *far + 1, "a far one is remembered by what must follow it");
    if (!far && awaited && normal.size() == enrollment.oath.digits
        && normal.reveal().find_first_not_of("0123456789") == std::string_view::npos)
        must(remember && !remember->counter, "another ends the waiting");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const auto kind = input.up_to(3);
    if (kind >= 2) {
        kind == 2 ? check_totp(input) : check_hotp(input);
        return 0;
    }
    const auto text = input.all();
    kind == 0 ? check_alphabets(text) : check_recovery_code(text);
    return 0;
}
