#include <algorithm>

#include "common/printable.hpp"
#include "daemon/core/management.hpp"
#include "daemon/core/management_words.hpp"
#include "policy/decide.hpp"

namespace stepup {
namespace {

using enum ManagementError;

/// The active factor `id`; null also for a started enrollment.
const Enrollment* find_active(const std::vector<Enrollment>& enrolled, std::int64_t id) {
    const auto* found = find_id(enrolled, id);
    return found != nullptr && found->active ? found : nullptr;
}

/// The strongest factor of the caller's. `enrolled` has an active one.
FactorKind strongest(const std::vector<Enrollment>& enrolled) {
    FactorKind best = FactorKind::recovery_code;
    for (const auto& each : enrolled)
        if (each.active && !is_code_set(each.kind)
            && (best == FactorKind::recovery_code || strength_of(each.kind) > strength_of(best)))
            best = each.kind;
    return best;
}

}  // namespace

void Management::rename(const Caller& caller, std::int64_t id, const std::string& label, Answer<> done) {
    if (label.empty() || !is_printable(label, longest_label)) return done(refuse(invalid_argument, bad_label));
    in_turn<void>(caller, std::move(done),
                  [=, this](const Answer<>& answer) { rename_now(caller, id, label, answer); });
}

void Management::rename_now(const Caller& caller, std::int64_t id, const std::string& label, const Answer<>& done) {
    const auto now = parts_.clock.now();
    const auto factors = enrolled(caller, now);
    if (!factors) return done(tl::make_unexpected(factors.error()));
    const auto* factor = find_active(*factors, id);
    if (factor == nullptr) return done(refuse(no_such_factor));
    const auto* same = find_label(*factors, label);
    if (same != nullptr && same->id != id) return done(refuse(already_enrolled, label_taken));
    auto audit = entry(Event::factor_renamed, caller, now);
    audit.fields = {{"factor", std::string(name_of(factor->kind))}, {"label", label}, {"was", factor->label}};
    gate_.may_change(caller, *factors, {"rename", factor->kind}, now, [=, this](Managed<> allowed) {
        if (!allowed) return done(std::move(allowed));
        parts_.recorder.rename({caller.account.key, id, label, audit}, [done](const Result<>& renamed) {
            if (renamed) return done({});
            if (renamed.error().code == Errc::conflict) return done(refuse(already_enrolled, label_taken));
            done(refused_by_store(renamed.error(), no_such_factor));
        });
    });
}

void Management::set_primary(const Caller& caller, std::int64_t id, Answer<> done) {
    in_turn<void>(caller, std::move(done), [=, this](const Answer<>& answer) { set_primary_now(caller, id, answer); });
}

void Management::set_primary_now(const Caller& caller, std::int64_t id, const Answer<>& done) {
    const auto now = parts_.clock.now();
    const auto factors = enrolled(caller, now);
    if (!factors) return done(tl::make_unexpected(factors.error()));
    const auto* factor = find_active(*factors, id);
    if (factor == nullptr) return done(refuse(no_such_factor));
    auto audit = entry(Event::primary_chosen, caller, now);
    audit.fields = {{"factor", std::string(name_of(factor->kind))}, {"label", factor->label}};
    gate_.may_change(caller, *factors, {"primary", factor->kind}, now, [=, this](Managed<> allowed) {
        if (!allowed) return done(std::move(allowed));
        parts_.recorder.set_primary({caller.account.key, id, audit}, [done](const Result<>& chosen) {
            chosen ? done({}) : done(refused_by_store(chosen.error(), no_such_factor));
        });
    });
}

void Management::disable(const Caller& caller, Answer<unsigned> done) {
    in_turn<unsigned>(caller, std::move(done),
                      [=, this](const Answer<unsigned>& answer) { disable_now(caller, answer); });
}

void Management::disable_now(const Caller& caller, const Answer<unsigned>& done) {
    const auto now = parts_.clock.now();
    const auto factors = enrolled(caller, now);
    if (!factors) return done(tl::make_unexpected(factors.error()));
    if (!has_active_factor(*factors)) return done(refuse(not_enrolled));
    const auto& [key, groups] = caller.account;
    if (requires_somewhere(*parts_.policy(), key.name, groups))
        return done(refuse(policy_forbids, "This host's policy requires a factor of you. Ask its administrator."));
    gate_.may_change(caller, *factors, {"disable", strongest(*factors)}, now, [=, this](Managed<> allowed) {
        if (!allowed) return done(tl::make_unexpected(allowed.error()));
        parts_.recorder.disable({caller.account.key, entry(Event::factors_disabled, caller, now)},
                                [done](const Result<unsigned>& removed) {
                                    if (removed) return done(*removed);
                                    done(refused_by_store(removed.error(), not_enrolled));
                                });
    });
}

}  // namespace stepup
