#include <dlfcn.h>

#include <map>
#include <stdexcept>
#include <string>

#include <crypt.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "daemon/factors/hotp.hpp"
#include "daemon/factors/recovery_code.hpp"
#include "daemon/factors/totp.hpp"
#include "tests/support/fakes.hpp"
#include "tests/unit/factors/generators.hpp"

// OpenSSL and libxcrypt fail, each call in its turn: then nothing is right, nothing was replayed, and nothing is
// stored.

using namespace stepup;
using namespace stepup::testing;

namespace {

/// How often a call may still succeed before it fails; not there: always.
std::map<std::string, int> good_calls;

bool fails(const std::string& call) {
    const auto found = good_calls.find(call);
    return found != good_calls.end() && found->second-- <= 0;
}

/// The library's own; opened here, for a program that has these functions itself is not linked with it.
template <class Call> Call* real(const char* library, const char* name) {
    return reinterpret_cast<Call*>(::dlsym(::dlopen(library, RTLD_NOW), name));
}
constexpr auto* libcrypto = "libcrypto.so.3";
constexpr auto* libcrypt = "libcrypt.so.1";

}  // namespace

// They stand before the libraries' own.
EVP_MAC_CTX* EVP_MAC_CTX_new(EVP_MAC* algorithm) {
    static auto* const next = real<decltype(EVP_MAC_CTX_new)>(libcrypto, "EVP_MAC_CTX_new");
    return fails("new") ? nullptr : next(algorithm);
}
EVP_MAC_CTX* EVP_MAC_CTX_dup(const EVP_MAC_CTX* context) {
    static auto* const next = real<decltype(EVP_MAC_CTX_dup)>(libcrypto, "EVP_MAC_CTX_dup");
    return fails("dup") ? nullptr : next(context);
}
int EVP_MAC_CTX_set_params(EVP_MAC_CTX* context, const OSSL_PARAM parameters[]) {
    static auto* const next = real<decltype(EVP_MAC_CTX_set_params)>(libcrypto, "EVP_MAC_CTX_set_params");
    return fails("set") ? 0 : next(context, parameters);
}
int EVP_MAC_init(EVP_MAC_CTX* context, const unsigned char* key, size_t size, const OSSL_PARAM parameters[]) {
    static auto* const next = real<decltype(EVP_MAC_init)>(libcrypto, "EVP_MAC_init");
    return fails("init") ? 0 : next(context, key, size, parameters);
}
int EVP_MAC_update(EVP_MAC_CTX* context, const unsigned char* bytes, size_t size) {
    static auto* const next = real<decltype(EVP_MAC_update)>(libcrypto, "EVP_MAC_update");
    return fails("update") ? 0 : next(context, bytes, size);
}
int EVP_MAC_final(EVP_MAC_CTX* context, unsigned char* out, size_t* size, size_t room) {
    static auto* const next = real<decltype(EVP_MAC_final)>(libcrypto, "EVP_MAC_final");
    if (fails("final")) return 0;
    const int done = next(context, out, size, room);
    if (fails("whole")) *size = 16;
    return done;
}
char* crypt_gensalt_rn(const char* prefix, unsigned long count, const char* random, int size, char* out,
                       int room) noexcept {
    static auto* const next = real<decltype(crypt_gensalt_rn)>(libcrypt, "crypt_gensalt_rn");
    return fails("salt") ? nullptr : next(prefix, count, random, size, out, room);
}
char* crypt_rn(const char* phrase, const char* setting, void* work, int size) noexcept {
    static auto* const next = real<decltype(crypt_rn)>(libcrypt, "crypt_rn");
    return fails("hash") ? nullptr : next(phrase, setting, work, size);
}

namespace {

struct BrokenLibrary : ::testing::Test {
    ~BrokenLibrary() override { good_calls.clear(); }

    std::unique_ptr<Factor> totp = make_totp();
    std::unique_ptr<Factor> hotp = make_hotp();
    Enrollment mine = enrollment(1, FactorKind::totp);
    Material material;

    BrokenLibrary() {
        material.secret = secret_of(rfc_seed);
        material.counter = 20;
        material.awaited = 50;
    }

    Result<Check> check(const Factor& factor, const std::string& code) {
        return factor.verify(mine, material, secret_of(code), {Seconds(30 * 25), {}});
    }
    /// With one more good call each time until the answer is told: each time it is an error. How often.
    int errors_until_told(const Factor& factor, const std::string& call, const std::string& code) {
        for (int good = 0; good < 1000; ++good) {
            good_calls = {{call, good}};
            const auto checked = check(factor, code);
            if (checked) return good;
            EXPECT_EQ(checked.error().code, Errc::internal);
        }
        return -1;
    }
};

}  // namespace

// The first of this process to want SHA-512.
TEST_F(BrokenLibrary, that_is_whole_again_makes_codes_again) {
    mine.oath.hash = OathHash::sha512;
    for (const auto* call : {"new", "set"}) {
        good_calls = {{call, 0}};
        EXPECT_FALSE(check(*totp, "000000")) << call;
    }
    good_calls.clear();
    EXPECT_TRUE(check(*totp, "000000"));
}

TEST_F(BrokenLibrary, makes_no_code_and_takes_none_for_right_or_wrong) {
    for (const auto* call : {"dup", "init", "update", "final", "whole"})
        for (const auto* code : {"000000", "755224"}) {
            const int once = std::string(call) == "dup" ? 1 : 0;
            EXPECT_EQ(errors_until_told(*totp, call, code), once != 0 ? once : 3) << call << ": three steps";
            EXPECT_EQ(errors_until_told(*hotp, call, code), once != 0 ? once : 102)
                << call << ": the awaited one, the last one, and a hundred ahead";
        }
}

TEST_F(BrokenLibrary, issues_no_recovery_codes) {
    KernelRandom random;
    const auto pepper = secret_of(std::string(32, 'p'));
    for (const auto* call : {"salt", "hash"}) {
        good_calls = {{call, 1}};
        EXPECT_EQ(make_recovery_codes(2, random, pepper).error().code, Errc::internal) << call;
    }
}
