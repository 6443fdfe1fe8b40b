#include <nlohmann/json.hpp>

#include "cli/pam/services.hpp"
#include "cli/pam/survey.hpp"
#include "cli/verbs.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

constexpr std::size_t name_column = 16;
constexpr std::size_t phase_column = 9;

nlohmann::json json_of(const pam::Posture& posture) {
    nlohmann::json remarks = nlohmann::json::array();
    for (const auto& remark : posture.remarks) remarks.push_back({{"what", remark.what}, {"fix", remark.fix}});
    return {{"service", posture.service},
            {"auth", posture.auth},
            {"account", posture.account},
            {"session", posture.session},
            {"verdict", name_of(verdict_on(posture))},
            {"remarks", remarks}};
}

std::string there(bool is, bool should) {
    if (is) return "yes";
    return should ? "no" : "-";
}

std::string line_of(const pam::Posture& posture) {
    const auto need = pam::need_of(posture.service);
    return padded(cut(printable(posture.service), name_column - 1), name_column)
        + padded(there(posture.auth, need != pam::Need::nothing), phase_column)
        + padded(there(posture.account, need != pam::Need::locker && need != pam::Need::nothing), phase_column)
        + padded(there(posture.session, need == pam::Need::login), phase_column)
        + std::string(name_of(verdict_on(posture))) + '\n';
}

std::string remarks_of(const pam::Posture& posture, std::size_t width) {
    std::string text;
    for (const auto& remark : posture.remarks)
        text += wrapped(posture.service + ": " + printable(remark.what, 512) + ' ' + printable(remark.fix, 512), width)
            + '\n';
    return text;
}

}  // namespace

Exit pam_status(Desk& desk) {
    const auto found = pam::survey(pam::Places::usual());
    nlohmann::json services = nlohmann::json::array();
    auto text = padded("SERVICE", name_column) + padded("AUTH", phase_column) + padded("ACCOUNT", phase_column)
        + padded("SESSION", phase_column) + "VERDICT\n";
    std::string remarks;
    for (const auto& posture : found) {
        services.push_back(json_of(posture));
        text += line_of(posture);
        remarks += remarks_of(posture, desk.canvas.width);
    }
    desk.say_json({{"services", services}});
    desk.say(text + (remarks.empty() ? "" : "\n" + remarks));
    return Exit::done;
}

}  // namespace stepup::cli
