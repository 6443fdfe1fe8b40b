#include "daemon/core/windows.hpp"

#include <algorithm>

namespace stepup {
namespace {

/// Keeps, of each kind of factor, the newest that fits as it is, else the newest to be latched. They come newest first.
void keep_best(std::vector<Window>& fitting, Verification verification, Fit fit) {
    const auto same = std::find_if(fitting.begin(), fitting.end(),
                                   [&](const Window& each) { return each.verification.factor == verification.factor; });
    if (same != fitting.end() && (same->fit == Fit::yes || fit == Fit::latch)) return;
    Window window{std::move(verification), fit};
    if (fit == Fit::latch) window.latches = {window.verification.id};
    same == fitting.end() ? fitting.push_back(std::move(window)) : void(*same = std::move(window));
}

/// What fits as it is before what must be latched, the newest first.
void sort_best_first(std::vector<Window>& fitting) {
    std::stable_sort(fitting.begin(), fitting.end(), [](const Window& one, const Window& other) {
        if (one.fit != other.fit) return one.fit == Fit::yes;
        return one.verification.at > other.verification.at;
    });
}

std::optional<Window> best(std::vector<Window> fitting) {
    if (fitting.empty()) return std::nullopt;
    sort_best_first(fitting);
    return std::move(fitting.front());
}

/// The two best as one: it lasts as long as both do.
std::optional<Window> both(std::vector<Window> fitting) {
    if (fitting.size() < 2) return std::nullopt;
    sort_best_first(fitting);
    Window& one = fitting[0];
    Window& other = fitting[1];
    one.latches.insert(one.latches.end(), other.latches.begin(), other.latches.end());
    if (other.verification.at < one.verification.at) one.verification = std::move(other.verification);
    one.fit = one.latches.empty() ? Fit::yes : Fit::latch;
    return std::move(one);
}

/// Codes are for when everything else is gone, and stay.
void leave_out_weaker(std::vector<Enrollment>& usable) {
    const auto worth = [](const Enrollment& each) { return row_of(each.kind).at_best; };
    auto strongest = Strength::none;
    for (const auto& each : usable)
        if (!is_code_set(each.kind)) strongest = std::max(strongest, worth(each));
    std::erase_if(usable, [&](const Enrollment& each) { return !is_code_set(each.kind) && worth(each) < strongest; });
}

}  // namespace

Result<std::optional<Window>> find_window(const Records& records, const ProcReader& proc, const AccountKey& account,
                                          const Session& peer, const Requirement& requirement, Instant now) {
    std::vector<Window> fitting;  // the best of each kind
    if (requirement.window.count() == 0) return std::optional<Window>{};
    // A window of before the password was changed is no proof of who changed it: this signal lasts until the next one.
    const bool looks_for_change = requirement.signals.contains(Signal::after_password_change);
    if (looks_for_change && TRY(records.habits(account, {})).password_changed) return std::optional<Window>{};
    auto proved = TRY(records.verifications(account, now));
    const bool by_lineage
        = std::any_of(proved.begin(), proved.end(), [](const auto& each) { return is_lineage(each.session); });
    const auto lineage = by_lineage ? proc.lineage(peer.process) : std::vector<ProcessRef>{};
    for (auto& verification : proved) {
        const Fit fit = fits(verification, peer, lineage, requirement, now);
        if (fit == Fit::latch && !fitting.empty() && !requirement.two_different) continue;
        if (fit == Fit::no || (verification.opener && !proc.alive(verification.opener))) continue;
        keep_best(fitting, std::move(verification), fit);
        if (fit == Fit::yes && !requirement.two_different) break;
    }
    return requirement.two_different ? both(std::move(fitting)) : best(std::move(fitting));
}

bool suffices(const FactorSet& proved, const Requirement& requirement) {
    const auto count = std::count_if(factor_kinds.begin(), factor_kinds.end(),
                                     [&](const auto& row) { return proved.contains(row.kind); });
    const bool handed_out = std::any_of(factor_kinds.begin(), factor_kinds.end(), [&](const auto& row) {
        return is_handed_out(row.kind) && proved.contains(row.kind);
    });
    return count >= (requirement.two_different ? 2 : 1) || handed_out;
}

bool suffices(const std::vector<Enrollment>& choices, const Requirement& requirement) {
    FactorSet kinds;
    for (const auto& each : choices) kinds.insert(each.kind);
    return suffices(kinds, requirement);
}

void bind(Verification& opens, const Session& peer, const Requirement& requirement) {
    const bool on_terminal = peer.terminal != 0 && peer.leader;
    const bool without_tty = requirement.window_without_tty == WithoutTty::session && !peer.key().empty();
    opens.binding = on_terminal ? Binding::terminal : without_tty ? Binding::session : Binding::none;
    if (opens.binding != Binding::none) opens.session = peer.key();
    if (!on_terminal) return;
    opens.leader = peer.leader;
    opens.terminal = peer.terminal;
}

std::vector<Enrollment> usable_among(std::vector<Enrollment> enrolled, const Factors& factors,
                                     const Requirement& requirement) {
    std::erase_if(enrolled, [&](const Enrollment& each) {
        const bool used_up = is_code_set(each.kind) && each.left == 0;
        const bool permitted = is_handed_out(each.kind) || requirement.permits(each.kind);
        const bool is_typed = !is_proved_by_login(each.kind);
        return !each.active || used_up || !permitted || !is_typed || factors.find(each.kind) == nullptr;
    });
    if (!requirement.weaker_factors && !requirement.two_different) leave_out_weaker(enrolled);
    return enrolled;
}

Result<std::vector<Enrollment>> usable_choices(const Records& records, const Factors& factors,
                                               const AccountKey& account, const Requirement& requirement, Instant now) {
    return usable_among(TRY(records.enrollments(account, now)), factors, requirement);
}

}  // namespace stepup
