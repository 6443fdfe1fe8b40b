#include <memory>

#include "common/printable.hpp"
#include "daemon/core/administration.hpp"

// Codes that an administrator hands out.

namespace stepup {
namespace {

using enum ManagementError;

/// "86400": what a code's life may be, for the sentence.
tl::unexpected<Refusal> no_such_time(Seconds longest) {
    const auto days = std::chrono::duration_cast<std::chrono::hours>(longest).count() / 24;
    return refuse(invalid_argument, "Such a code lasts from one minute to " + std::to_string(days) + " days.");
}

}  // namespace

struct Administration::Order {
    Caller caller;
    FactorKind kind;
    Seconds lasts;
    std::string reason;
    Answer<HandedOut> done;
    AccountKey account{};
};

void Administration::bypass(const Caller& caller, const std::string& user, Seconds lasts, const std::string& reason,
                            const Answer<HandedOut>& done) {
    if (lasts < shortest || lasts > longest_bypass) return done(no_such_time(longest_bypass));
    if (!is_printable(reason, longest_reason))
        return done(refuse(invalid_argument, "A bypass code needs a reason: up to 200 bytes of printable text."));
    hand_out(std::make_shared<Order>(Order{caller, FactorKind::bypass_code, lasts, reason, done}), user);
}

void Administration::invite(const Caller& caller, const std::string& user, Seconds lasts,
                            const Answer<HandedOut>& done) {
    if (lasts < shortest || lasts > longest_invite) return done(no_such_time(longest_invite));
    hand_out(std::make_shared<Order>(Order{caller, FactorKind::invite, lasts, {}, done}), user);
}

void Administration::hand_out(const std::shared_ptr<Order>& order, const std::string& user) {
    parts_.accounts.find(user, [=, this](const Result<Account>& account) {
        if (!account) return order->done(refuse(account.error().code == Errc::not_found ? no_such_user : unavailable));
        order->account = account->key;
        make_code(order);
    });
}

void Administration::make_code(const std::shared_ptr<Order>& order) {
    const auto made = std::make_shared<Result<FreshCodes>>();
    parts_.workshop([make = parts_.make_codes, made] { *made = make(1); },
                    [=, this] {
                        if (!*made || (*made)->stored.empty()) return order->done(refuse(unavailable));
                        store(order, std::move(**made));
                    });
}

void Administration::store(const std::shared_ptr<Order>& order, FreshCodes codes) {
    const auto event = order->kind == FactorKind::invite ? Event::invite_issued : Event::bypass_issued;
    auto audit = entry(event, order->caller, order->account);
    const auto now = audit.at;
    const Millis expires = now.wall + Millis(order->lasts);
    audit.fields.emplace_back("expires", std::to_string(expires.count() / 1000));
    if (!order->reason.empty()) audit.fields.emplace_back("reason", order->reason);
    HandOut out{order->account, order->kind, std::move(codes.stored.front()), now, expires, std::move(audit)};
    parts_.recorder.hand_out(
        std::move(out), [order, expires, code = std::move(codes.shown.front())](const Result<>& stored) {
            if (stored) return order->done(HandedOut{code, expires});
            if (stored.error().code == Errc::conflict)
                return order->done(
                    refuse(already_enrolled, "That user has a factor already. A bypass code lets him in."));
            order->done(refuse(unavailable));
        });
}

}  // namespace stepup
