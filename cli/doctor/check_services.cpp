#include <algorithm>

#include "cli/doctor/checks.hpp"
#include "cli/pam/services.hpp"
#include "cli/pam/survey.hpp"

namespace stepup::doctor {
namespace {

using pam::Remark;

/// Ways to a shell, or to root: whoever gates one and not the others has a door beside the gate.
bool is_a_door(const pam::Posture& service) {
    return std::any_of(pam::service_needs.begin(), pam::service_needs.end(), [&](const pam::ServiceNeed& row) {
        return row.name == service.service && (row.need == pam::Need::gate || row.need == pam::Need::login);
    });
}

void add_remarks(const pam::Posture& service, Findings& into) {
    for (const auto& remark : service.remarks)
        into.push_back({remark.weight == Remark::Weight::weak ? Light::yellow : Light::red, service.service,
                        remark.what, remark.fix});
}

}  // namespace

Findings check_services(const std::vector<pam::Posture>& services) {
    Findings found;
    std::string not_gated;
    for (const auto& service : services) {
        add_remarks(service, found);
        if (verdict_on(service) == pam::Verdict::good && pam::need_of(service.service) != pam::Need::nothing)
            found.push_back({Light::green, service.service, "Asks for a factor; nothing passes by.", ""});
        if (!service.is_gated() && is_a_door(service)) not_gated += (not_gated.empty() ? "" : " ") + service.service;
    }
    const bool any = std::any_of(services.begin(), services.end(), [](const auto& one) { return one.is_gated(); });
    if (!any)
        found.push_back({Light::yellow, "services", "No service asks for a factor.", "`stepup pam enable sshd sudo`."});
    else if (!not_gated.empty())
        found.push_back({Light::yellow, "services", "These do not ask for a factor: " + not_gated + ".",
                         "`stepup pam enable " + not_gated + "`, unless that is meant."});
    return found;
}

}  // namespace stepup::doctor
