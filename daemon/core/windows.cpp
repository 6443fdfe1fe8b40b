#include "daemon/core/windows.hpp"

#include <algorithm>

namespace stepup {

Result<std::optional<Window>> find_window(const Records& records, const ProcReader& proc, const AccountKey& account,
                                          const Session& peer, const Requirement& requirement, Instant now) {
    std::optional<Window> best;
    if (requirement.window.count() == 0) return best;
    auto proved = TRY(records.verifications(account, now));
    const bool by_lineage
        = std::any_of(proved.begin(), proved.end(), [](const auto& each) { return is_lineage(each.session); });
    const auto lineage = by_lineage ? proc.lineage(peer.process) : std::vector<ProcessRef>{};
    for (auto& verification : proved) {
        const Fit fit = fits(verification, peer, lineage, requirement, now);
        if (fit == Fit::no || (fit == Fit::latch && best)) continue;
        if (verification.opener && !proc.alive(verification.opener)) continue;
        best = Window{std::move(verification), fit};
        if (fit == Fit::yes) break;
    }
    return best;
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
        return !each.active || used_up || !permitted || factors.find(each.kind) == nullptr;
    });
    return enrolled;
}

Result<std::vector<Enrollment>> usable_choices(const Records& records, const Factors& factors,
                                               const AccountKey& account, const Requirement& requirement, Instant now) {
    return usable_among(TRY(records.enrollments(account, now)), factors, requirement);
}

}  // namespace stepup
