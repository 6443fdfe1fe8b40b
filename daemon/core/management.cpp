#include "daemon/core/management.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "common/printable.hpp"
#include "daemon/core/management_words.hpp"
#include "policy/account_limits.hpp"
#include "policy/decide.hpp"

namespace stepup {
namespace {

using enum ManagementError;

const Enrollment* find_codes(const std::vector<Enrollment>& enrolled) {
    const auto is_set = [](const auto& one) { return one.kind == FactorKind::recovery_code && one.active; };
    const auto found = std::find_if(enrolled.begin(), enrolled.end(), is_set);
    return found == enrolled.end() ? nullptr : &*found;
}

bool is_last_factor(const std::vector<Enrollment>& enrolled, const Enrollment& factor) {
    if (!factor.active) return false;
    std::vector<Enrollment> rest;
    std::copy_if(enrolled.begin(), enrolled.end(), std::back_inserter(rest),
                 [&](const Enrollment& other) { return other.id != factor.id; });
    return !has_active_factor(rest);
}

std::string_view scope_of(const Window& window, const Requirement& requirement) {
    if (requirement.window_scope == WindowScope::user) return "user";
    return window.verification.terminal != 0 ? "terminal" : "session";
}

}  // namespace

Management::Management(ManagementParts parts)
    : parts_(std::move(parts)),
      gate_(parts_.records, parts_.recorder, parts_.journal, parts_.proc, parts_.origins, parts_.policy) { }

Limits Management::limits_of(const Caller& caller) const {
    return limits_on(*parts_.policy(), caller.account.key.name, caller.account.groups).limits;
}

void Management::with_fresh_codes(const Caller& caller, Instant now,
                                  std::function<void(Result<FreshCodes>)> then) const {
    const auto count = requirement(caller, "stepup", now).recovery_codes;
    if (count == 0) return then(FreshCodes{});
    const auto made = std::make_shared<Result<FreshCodes>>();
    parts_.workshop([make = parts_.kit.make_recovery_codes, made, count] { *made = make(count); },
                    [then = std::move(then), made] { then(std::move(*made)); });
}

Managed<std::vector<Enrollment>> Management::enrolled(const Caller& caller, Instant now) const {
    auto found = parts_.records.enrollments(caller.account.key, now);
    if (!found) return refuse(unavailable);
    return *std::move(found);
}

AuditEntry Management::entry(Event event, const Caller& caller, Instant now) const {
    return {event, now, caller.account.key, "stepup", {}};
}

Managed<std::vector<Enrollment>> Management::list(const Caller& caller) const {
    return enrolled(caller, parts_.clock.now());
}

Managed<RecoveryCount> Management::recovery_codes_left(const Caller& caller) const {
    const auto factors = TRY(enrolled(caller, parts_.clock.now()));
    const auto* codes = find_codes(factors);
    return codes == nullptr ? RecoveryCount{} : RecoveryCount{codes->left, codes->issued};
}

Managed<Report> Management::report(const Caller& caller, const std::string& service) const {
    const std::string asked = service.empty() ? "stepup" : service;
    if (!is_printable(asked, longest_label)) return refuse(invalid_argument, "That is no name of a PAM service.");
    const auto now = parts_.clock.now();
    const auto requirement = gate_.requirement(caller, asked, now);
    const auto factors = TRY(enrolled(caller, now));
    Report report{.enrolled = has_active_factor(factors), .level = requirement.level};
    const auto looked = gate_.window(caller, requirement, now);
    if (!looked) return refuse(unavailable);
    const std::optional<Window>& window = *looked;
    if (!window) return report;
    const auto& made = window->verification;
    report.recent = true;
    report.remaining = std::chrono::floor<Seconds>(Millis(requirement.window) - (now.boot - made.at));
    report.factor = name_of(made.factor);
    report.strength = name_of(made.strength);
    report.scope = scope_of(*window, requirement);
    return report;
}

void Management::remove(const Caller& caller, std::int64_t id, Answer<> done) {
    in_turn<void>(caller, std::move(done), [=, this](const Answer<>& answer) { remove_now(caller, id, answer); });
}

void Management::remove_now(const Caller& caller, std::int64_t id, const Answer<>& done) {
    const auto now = parts_.clock.now();
    const auto factors = enrolled(caller, now);
    if (!factors) return done(tl::make_unexpected(factors.error()));
    const auto* factor = find_id(*factors, id);
    if (factor == nullptr) return done(refuse(no_such_factor));
    const auto& [key, groups] = caller.account;
    if (is_last_factor(*factors, *factor) && requires_somewhere(*parts_.policy(), key.name, groups))
        return done(refuse(last_factor));
    auto audit = entry(Event::factor_removed, caller, now);
    audit.fields = {{"factor", std::string(name_of(factor->kind))}, {"label", factor->label}};
    gate_.may_change(caller, *factors, {"remove", factor->kind}, now, [=, this](Managed<> allowed) {
        if (!allowed) return done(std::move(allowed));
        parts_.recorder.remove({caller.account.key, id, audit}, [done](const Result<>& removed) {
            removed ? done({}) : done(refused_by_store(removed.error(), no_such_factor));
        });
    });
}

void Management::regenerate_recovery_codes(const Caller& caller, Answer<std::vector<std::string>> done) {
    in_turn<std::vector<std::string>>(caller, std::move(done), [=, this](const auto& answer) {
        const auto now = parts_.clock.now();
        const auto factors = enrolled(caller, now);
        if (!factors) return answer(tl::make_unexpected(factors.error()));
        if (!has_active_factor(*factors)) return answer(refuse(not_enrolled));
        if (requirement(caller, "stepup", now).recovery_codes == 0)
            return answer(refuse(policy_forbids, "This host's policy issues you no recovery codes."));
        gate_.may_change(
            caller, *factors, {"regenerate", FactorKind::recovery_code}, now, [=, this](Managed<> allowed) {
                allowed ? replace_codes(caller, now, answer) : answer(tl::make_unexpected(allowed.error()));
            });
    });
}

void Management::replace_codes(const Caller& caller, Instant now, const Answer<std::vector<std::string>>& done) {
    with_fresh_codes(caller, now, [=, this](Result<FreshCodes> codes) {
        if (!codes || codes->stored.empty()) return done(refuse(unavailable));
        auto audit = entry(Event::recovery_codes_issued, caller, now);
        audit.fields = {{"codes", std::to_string(codes->stored.size())}};
        parts_.recorder.replace_recovery_codes({caller.account.key, std::move(codes->stored), now, std::move(audit)},
                                               [done, shown = std::move(codes->shown)](const Result<>& stored) {
                                                   stored ? done(shown) : done(refuse(unavailable));
                                               });
    });
}

void Management::lock(const Caller& caller, bool all, Answer<unsigned> done) {
    if (!all && !caller.session)
        return done(refuse(not_authorized, "Only a session can be locked alone; `stepup lock --all` locks every one."));
    auto audit = entry(Event::windows_ended, caller, parts_.clock.now());
    audit.fields = {{"why", all ? "lock --all" : "lock"}};
    WindowsEnd end{caller.account.key, all ? std::nullopt : caller.session, std::move(audit)};
    parts_.recorder.end_windows(std::move(end), [done = std::move(done)](Result<unsigned> ended) {
        ended ? done(*ended) : done(refuse(unavailable));
    });
}

}  // namespace stepup
