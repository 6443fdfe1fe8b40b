#include "cli/pam/survey.hpp"

#include <array>
#include <filesystem>
#include <set>

#include "cli/pam/services.hpp"
#include "common/covers.hpp"

namespace stepup::pam {
namespace {

struct VerdictRow {
    Verdict verdict;
    std::string_view name;
};
constexpr std::array verdicts{VerdictRow{Verdict::off, "off"}, VerdictRow{Verdict::good, "good"},
                              VerdictRow{Verdict::weak, "weak"}, VerdictRow{Verdict::closes, "closes"},
                              VerdictRow{Verdict::opens, "opens"}};
static_assert(covers(verdicts, &VerdictRow::verdict, Verdict::opens));

std::set<std::string> names_in(const Places& places) {
    std::set<std::string> names;
    std::error_code error;
    for (const auto& folder : places.services)
        for (const auto& file : std::filesystem::directory_iterator(folder, error))
            names.insert(file.path().filename().string());
    return names;
}

bool is_known(std::string_view service) {
    for (const auto& row : service_needs)
        if (row.name == service) return row.need != Need::nothing;
    return false;
}

}  // namespace

Verdict verdict_on(const Posture& posture) {
    if (posture.has(Remark::Weight::opens)) return Verdict::opens;
    if (posture.has(Remark::Weight::closes)) return Verdict::closes;
    if (posture.has(Remark::Weight::weak)) return Verdict::weak;
    return posture.is_gated() ? Verdict::good : Verdict::off;
}

std::string_view name_of(Verdict verdict) { return verdicts[static_cast<std::size_t>(verdict)].name; }

std::vector<Posture> survey(const Places& places) {
    std::vector<Posture> found;
    for (const auto& service : names_in(places)) {
        if (service.starts_with("common-") || service.starts_with('.') || service.find('.') != std::string::npos)
            continue;
        auto posture = posture_of(service, stacks_of(places, service));
        if (posture.is_gated() || is_known(service)) found.push_back(std::move(posture));
    }
    return found;
}

}  // namespace stepup::pam
