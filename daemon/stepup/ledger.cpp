#include "daemon/stepup/ledger.hpp"

#include <algorithm>

namespace stepup {
namespace {

bool is_recent(const Verification& verification, const Requirement& requirement, Instant now) {
    return verification.at <= now.boot && now.boot - verification.at < Millis(requirement.window);
}

/// True if `peer` stands in the login session that `verification` was attached to.
bool in_same_session(const Verification& verification, const Session& peer, const std::vector<ProcessRef>& lineage) {
    const auto key = peer.key();
    // Made on a terminal: leader and terminal, which fits_terminal() compares, say more than the opener would.
    if (verification.binding == Binding::terminal) return verification.session == key;
    if (!is_lineage(verification.session)) return !key.empty() && verification.session == key;
    const bool descends = std::find(lineage.begin(), lineage.end(), verification.opener) != lineage.end();
    return verification.opener && verification.session == lineage_key(verification.opener) && descends;
}

bool on_same_terminal(const Verification& verification, const Session& peer) {
    return verification.terminal == peer.terminal && verification.leader == peer.leader;
}

Fit fits_terminal(const Verification& verification, const Session& peer, const Requirement& requirement) {
    if (peer.terminal == 0) return requirement.window_without_tty == WithoutTty::session ? Fit::yes : Fit::no;
    if (!peer.leader) return Fit::no;
    if (verification.terminal == 0) return verification.binding == Binding::session ? Fit::latch : Fit::no;
    return on_same_terminal(verification, peer) ? Fit::yes : Fit::no;
}

}  // namespace

bool is_lineage(std::string_view session) { return session.starts_with("process:"); }

std::string lineage_key(const ProcessRef& opener) {
    return "process:" + std::to_string(opener.pid) + ':' + std::to_string(opener.start);
}

bool same_transaction(const Verification& verification, const Session& peer, std::string_view service, Instant now) {
    return verification.asker && verification.asker == peer.process && verification.service == service
        && verification.at <= now.boot && now.boot - verification.at < transaction_lasts;
}

Fit fits(const Verification& verification, const Session& peer, const std::vector<ProcessRef>& lineage,
         const Requirement& requirement, Instant now) {
    const bool opens_windows = verification.binding == Binding::session || verification.binding == Binding::terminal;
    if (!opens_windows) return Fit::no;
    if (!requirement.accepts(verification.factor, verification.strength)) return Fit::no;
    if (!is_recent(verification, requirement, now)) return Fit::no;
    if (requirement.foreground_only && peer.terminal != 0 && !peer.foreground) return Fit::no;
    if (requirement.window_scope == WindowScope::user) return Fit::yes;
    if (!in_same_session(verification, peer, lineage)) return Fit::no;
    return fits_terminal(verification, peer, requirement);
}

}  // namespace stepup
