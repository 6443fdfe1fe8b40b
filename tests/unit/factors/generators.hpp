#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/bytes.hpp"
#include "daemon/factors/oath.hpp"

// Codes and vectors for the tests of factors.

namespace stepup::testing {

inline nlohmann::json vectors(const std::string& file) {
    std::ifstream in(std::string(std::getenv("STEPUP_SOURCE")) + "/tests/vectors/" + file);
    return nlohmann::json::parse(in);
}

/// Our own value, which the vectors of the RFCs vouch for (oath_test.cpp).
inline std::string hotp(std::string_view seed, std::uint64_t counter, const OathParameters& oath = {}) {
    return OathCodes::open(seed, oath).value().at(counter).value();
}

/// oathtool's `count` HOTP codes from `counter` on.
inline std::vector<std::string> oathtool(std::string_view seed, std::uint64_t counter, unsigned count,
                                         unsigned digits = 6) {
    const auto command = "oathtool --hotp --digits=" + std::to_string(digits) + " --counter=" + std::to_string(counter)
        + " --window=" + std::to_string(count - 1) + ' ' + to_hex(seed);
    std::string output;
    auto* pipe = ::popen(command.c_str(), "r");
    std::array<char, 256> piece{};
    while (std::fgets(piece.data(), piece.size(), pipe) != nullptr) output += piece.data();
    if (::pclose(pipe) != 0) throw std::runtime_error("oathtool failed");
    std::istringstream lines(output);
    std::vector<std::string> codes;
    for (std::string code; lines >> code;) codes.push_back(code);
    return codes;
}

inline const std::string rfc_seed = "12345678901234567890";  // RFC 4226 appendix D, RFC 6238 appendix B

inline Secret secret_of(std::string_view text) {
    Secret made;
    if (!made.copy(text)) throw std::runtime_error("too long for a secret");
    return made;
}

inline EnrollmentWish wish_of(const std::string& algorithm = "SHA1", unsigned digits = 6,
                              std::string_view base32 = {}) {
    EnrollmentWish wish;
    wish.algorithm = algorithm;
    wish.digits = digits;
    wish.secret = secret_of(base32);
    return wish;
}

}  // namespace stepup::testing
