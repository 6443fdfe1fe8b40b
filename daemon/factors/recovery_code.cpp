#include "daemon/factors/recovery_code.hpp"

#include <algorithm>
#include <array>

#include <crypt.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/bytes.hpp"

namespace stepup {
namespace {

constexpr std::size_t letters = 20;  // 4 public, 16 secret: 80 bits
constexpr std::size_t public_letters = 4;
constexpr unsigned long bcrypt_cost = 10;  // 49 ms; the codes are random, so more would only slow the honest

/// What bcrypt hashes: 43 letters, below its limit of 72 bytes, without NUL, worth nothing without the pepper.
std::string peppered(std::string_view code, const Secret& pepper) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const auto key = pepper.reveal();
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(code.data()),
         code.size(), digest.data(), &size);
    return to_base64url({reinterpret_cast<const char*>(digest.data()), size});
}

/// bcrypt of `code` under `setting` (a salt, or a whole earlier hash); nothing if libxcrypt refuses.
std::optional<std::string> bcrypt(std::string_view code, const Secret& pepper, const std::string& setting) {
    auto work = std::make_unique<crypt_data>();
    const char* hash = crypt_rn(peppered(code, pepper).c_str(), setting.c_str(), work.get(), sizeof *work);
    std::optional<std::string> result;
    if (hash != nullptr) result = hash;
    explicit_bzero(work.get(), sizeof *work);
    return result;
}

std::optional<std::string> fresh_setting(StrongRandom& random) {
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    const auto salt = random.bytes(16);
    const char* made = crypt_gensalt_rn("$2b$", bcrypt_cost, salt.data(), static_cast<int>(salt.size()), setting.data(),
                                        static_cast<int>(setting.size()));
    return made == nullptr ? std::nullopt : std::optional<std::string>(made);
}

std::string with_dashes(std::string_view code) {
    std::string shown;
    for (std::size_t i = 0; i < code.size(); i += 4) shown += (i == 0 ? "" : "-") + std::string(code.substr(i, 4));
    return shown;
}

class RecoveryCode final : public Factor {
public:
    RecoveryCode(const Secret& pepper, std::string_view example) : example_(example) {
        (void)pepper_.copy(pepper.reveal());
    }

    bool could_answer(const Enrollment&, std::string_view answer) const override {
        return normal_recovery_code(answer).has_value();
    }

    Secret normal(const Secret& typed) const override {
        Secret normal;
        (void)normal.copy(normal_recovery_code(typed.reveal()).value_or(""));
        return normal;
    }

    Result<Check> verify(const Enrollment& enrollment, const Material& material, const Secret& answer,
                         Instant) const override {
        if (answer.size() != letters) return Rejected{};
        const std::string hash(material.secret.reveal());
        const auto again = bcrypt(answer.reveal(), pepper_, hash);
        if (!again) return fail(Errc::corrupt, "a recovery code's hash cannot be used");
        const bool right = equal_constant_time(*again, hash);
        if (!right || material.row == 0) return Rejected{};  // row 0: hashed against a decoy
        return Accepted{SpendCode{enrollment.id, material.row}};
    }

    bool is_slow() const override { return true; }
    std::string_view example(const Enrollment&) const override { return example_; }

private:
    Secret pepper_;
    std::string_view example_;
};

}  // namespace

std::optional<std::string> normal_recovery_code(std::string_view typed) {
    std::string code;
    for (const char c : typed) {
        if (c == '-' || c == ' ') continue;
        code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        if (code.size() > letters) return std::nullopt;
    }
    constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const bool ours = code.size() == letters && code.find_first_not_of(base32) == std::string::npos;
    return ours ? std::optional(code) : std::nullopt;
}

std::unique_ptr<Factor> make_recovery_code(const Secret& pepper) {
    return std::make_unique<RecoveryCode>(pepper, "as in ABCD-EFGH-IJKL-MNOP-QRST");
}

std::unique_ptr<Factor> make_handed_out_code(const Secret& pepper) {
    return std::make_unique<RecoveryCode>(pepper, "that your administrator gave you");
}

Result<FreshCodes> make_recovery_codes(unsigned count, StrongRandom& random, const Secret& pepper) {
    FreshCodes fresh;
    while (fresh.stored.size() < count) {
        const auto code = to_base32(random.bytes(letters * 5 / 8 + 1)).substr(0, letters);
        const auto index = code.substr(0, public_letters);
        const bool taken = std::any_of(fresh.stored.begin(), fresh.stored.end(),
                                       [&](const HashedCode& other) { return other.index == index; });
        if (taken) continue;
        const auto setting = fresh_setting(random);
        const auto hash = setting ? bcrypt(code, pepper, *setting) : std::nullopt;
        if (!hash) return fail(Errc::internal, "libxcrypt made no bcrypt hash");
        fresh.shown.push_back(with_dashes(code));
        fresh.stored.push_back({index, *hash});
    }
    return fresh;
}

}  // namespace stepup
