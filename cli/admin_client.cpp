#include "cli/reading.hpp"
#include "cli/stepup_client.hpp"
#include "common/result.hpp"
#include "dbus/names.hpp"

// org.stepup.StepUp1.Admin and .Policy.

namespace stepup::cli {
namespace {

using Text = std::string_view;

constexpr std::uint32_t most_at_once = 500;

bool read_account(sd_bus_message* m, AccountStatus& into) {
    return read_entries(m, [&](std::string_view key) {
        if (key == "user") return read_text(m, into.user);
        if (key == "uid") return read_as(m, "u", into.uid);
        if (key == "required") return read_truth(m, into.required);
        if (key == "enrolled") return read_truth(m, into.enrolled);
        if (key == "factors") return read_as(m, "u", into.factors);
        if (key == "codes_left") return read_as(m, "u", into.codes_left);
        if (key == "codes_issued") return read_as(m, "u", into.codes_issued);
        if (key == "last_verified") return read_as(m, "t", into.last_verified);
        if (key == "code_until") return read_as(m, "t", into.code_until);
        if (key == "failures") return read_as(m, "u", into.failures);
        if (key == "locked") return read_truth(m, into.locked);
        if (key == "locked_until") return read_as(m, "t", into.locked_until);
        if (key == "account") return read_text(m, into.account);
        return false;
    });
}

bool read_accounts(sd_bus_message* m, std::vector<AccountStatus>& into) {
    if (sd_bus_message_enter_container(m, 'a', "a{sv}") <= 0) return false;
    while (sd_bus_message_at_end(m, 0) == 0)
        if (!read_account(m, into.emplace_back())) return false;
    return sd_bus_message_exit_container(m) >= 0;
}

Managed<std::uint32_t> read_count(const bus::Message& reply) {
    std::uint32_t count = 0;
    if (!bus::read(reply.get(), count)) return not_understood();
    return count;
}

Managed<HandedOut> read_handed_out(const bus::Message& reply) {
    HandedOut out;
    if (!bus::read(reply.get(), out.code) || !bus::read(reply.get(), out.expires)) return not_understood();
    out.code = printable(out.code);
    return out;
}

}  // namespace

Managed<std::vector<Fate>> StepUpClient::bring_in(const std::string& user, const std::vector<Carried>& factors,
                                                  bool weak, bool look, const std::string& token) {
    std::vector<std::tuple<Text, Text, Text, std::uint32_t, std::uint32_t, std::uint64_t, Text>> rows;
    for (const auto& one : factors)
        rows.emplace_back(one.type, one.label, one.algorithm, one.digits, one.period, one.counter, one.secret);
    const auto reply = TRY(client_.call(bus::admin_interface, "Import", Text(user), rows, weak, look, Text(token)));
    std::vector<std::tuple<std::string, std::string, std::uint64_t>> told;
    if (!bus::read(reply.get(), told)) return not_understood();
    std::vector<Fate> fates;
    for (const auto& [what, label, counts_from] : told)
        fates.push_back({printable(what), printable(label), counts_from});
    return fates;
}

Managed<AccountStatus> StepUpClient::account_status(const std::string& user, const std::string& token) {
    const auto reply = TRY(client_.call(bus::admin_interface, "Status", Text(user), Text(token)));
    AccountStatus status;
    if (!read_account(reply.get(), status)) return not_understood();
    return status;
}

Managed<AccountPage> StepUpClient::accounts(const std::string& after, bool look_up, const std::string& token) {
    const auto reply = TRY(client_.call(bus::admin_interface, "List", Text(after), most_at_once, look_up, Text(token)));
    AccountPage page;
    if (!read_accounts(reply.get(), page.accounts) || !bus::read(reply.get(), page.next)) return not_understood();
    return page;
}

Managed<std::vector<AccountStatus>> StepUpClient::not_enrolled(const std::vector<std::string>& users,
                                                               const std::string& token) {
    const auto reply = TRY(client_.call(bus::admin_interface, "NotEnrolled", users, Text(token)));
    std::vector<AccountStatus> accounts;
    if (!read_accounts(reply.get(), accounts)) return not_understood();
    return accounts;
}

Managed<std::uint32_t> StepUpClient::reset(const std::string& user, std::int64_t uid, const std::string& token) {
    return read_count(TRY(client_.call(bus::admin_interface, "Reset", Text(user), uid, Text(token))));
}

Managed<HandedOut> StepUpClient::bypass(const std::string& user, std::uint32_t seconds, const std::string& reason,
                                        const std::string& token) {
    return read_handed_out(
        TRY(client_.call(bus::admin_interface, "Bypass", Text(user), seconds, Text(reason), Text(token))));
}

Managed<HandedOut> StepUpClient::invite(const std::string& user, std::uint32_t seconds, const std::string& token) {
    return read_handed_out(TRY(client_.call(bus::admin_interface, "Invite", Text(user), seconds, Text(token))));
}

Managed<std::uint32_t> StepUpClient::unlock(const std::string& user, const std::string& token) {
    return read_count(TRY(client_.call(bus::admin_interface, "Unlock", Text(user), Text(token))));
}

Managed<std::uint32_t> StepUpClient::unlock_source(const std::string& address, const std::string& token) {
    return read_count(TRY(client_.call(bus::admin_interface, "UnlockSource", Text(address), Text(token))));
}

Managed<PolicyStanding> StepUpClient::reload_policy(const std::string& token) {
    const auto reply = TRY(client_.call(bus::policy_interface, "Reload", Text(token)));
    PolicyStanding standing;
    if (!bus::read(reply.get(), standing.in_force) || !bus::read(reply.get(), standing.problems))
        return not_understood();
    standing.in_force = printable(standing.in_force);
    for (auto& problem : standing.problems) problem = printable(problem, 4096);
    return standing;
}

}  // namespace stepup::cli
