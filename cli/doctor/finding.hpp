#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stepup::doctor {

enum class Light : std::uint8_t {
    green,   ///< as it should be
    yellow,  ///< worth a look
    red,     ///< somebody gets in who should not, or nobody does
};
[[nodiscard]] std::string_view name_of(Light light);

/// One thing that was looked at.
struct Finding {
    Light light;
    std::string about;  ///< one word: "sshd", "clock" …
    std::string what;   ///< a sentence
    std::string fix;    ///< another; empty when green
};

using Findings = std::vector<Finding>;

[[nodiscard]] std::size_t count(const Findings& findings, Light light);

}  // namespace stepup::doctor
