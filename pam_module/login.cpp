#include "pam_module/login.hpp"

namespace stepup {

Result<Login::Step> Login::next_offer(wire::PacketView packet) {
    const auto offer = TRY(wire::decode<wire::Offer>(packet));
    if (offer.login != id_) return fail(Errc::malformed, "the daemon's offer is about another login");
    if (offer.decision != Decision::granted) return fail(Errc::malformed, "the daemon offers something to nobody");
    if (offered_ || turn_ == 0 || offer.turn != turn_ + 1)
        return fail(Errc::malformed, "the daemon's offer is out of order");
    offered_ = true;
    return offer;
}

Result<Login::Step> Login::next(wire::PacketView packet) {
    if (wire::kind_of(packet) == wire::Offer::kind) return next_offer(packet);
    if (!offered_ && wire::kind_of(packet) == wire::Ask::kind) {
        const auto ask = TRY(wire::decode<wire::Ask>(packet));
        if (turn_ == wire::max_asks) return fail(Errc::malformed, "the daemon asks too often");
        if (ask.turn != ++turn_) return fail(Errc::malformed, "the daemon's questions are out of order");
        return ask;
    }
    const auto verdict = TRY(wire::decode<wire::Verdict>(packet));
    if (verdict.login != id_) return fail(Errc::malformed, "the daemon's verdict is about another login");
    return verdict;
}

Failed Login::ended(const Error& error) const {
    if (error.code == Errc::malformed || error.code == Errc::too_large) return {Failure::violation, error.why};
    return {turn_ > 0 ? Failure::interrupted : Failure::unreachable, error.why};
}

Silence silence(Heard heard) {
    switch (heard) {
    case Heard::password:
        return {{wire::Why::blind},
                {Failure::refused,
                 "the password came back instead of a code: this program cannot show a prompt "
                 "(sshd: use keyboard-interactive, not the password method)"}};
    case Heard::junk: return {{wire::Why::no_answer}, {Failure::refused, "sshd refuses this login already"}};
    case Heard::answer:
    case Heard::nothing: break;
    }
    return {{wire::Why::no_answer}, {Failure::no_answer, "the application could not ask its user"}};
}

}  // namespace stepup
