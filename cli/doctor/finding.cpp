#include "cli/doctor/finding.hpp"

#include <algorithm>
#include <array>

#include "common/covers.hpp"

namespace stepup::doctor {
namespace {

struct LightRow {
    Light light;
    std::string_view name;
};
constexpr std::array lights{LightRow{Light::green, "green"}, LightRow{Light::yellow, "yellow"},
                            LightRow{Light::red, "red"}};
static_assert(covers(lights, &LightRow::light, Light::red));

}  // namespace

std::string_view name_of(Light light) { return lights[static_cast<std::size_t>(light)].name; }

std::size_t count(const Findings& findings, Light light) {
    return static_cast<std::size_t>(
        std::count_if(findings.begin(), findings.end(), [&](const Finding& one) { return one.light == light; }));
}

}  // namespace stepup::doctor
