#include "daemon/pam_door/login.hpp"
#include "daemon/pam_door/notices.hpp"

// A login by an enrolled security key, where policy takes that as the proof of a factor. sshd has verified the key, and
// nothing is typed; from there on it is judged as any answer is.

namespace stepup {
namespace {

constexpr std::string_view unjudged_text = "StepUp cannot check your key right now; ask your administrator.";
constexpr std::string_view one_more_text = "Your security key is accepted. One more is needed, of another kind.\n";

}  // namespace

Result<std::optional<Login::ProvedKey>> Login::proved_key(const Subject& subject, const Requirement& requirement,
                                                          Instant now) const {
    const auto* factor = parts_.factors.find(FactorKind::ssh_security_key);
    const bool counts = requirement.counts_security_keys() && exists(subject.account) && !key_was_refused_;
    if (!counts || factor == nullptr) return std::optional<ProvedKey>{};
    const auto all = TRY(enrolled(subject));
    for (const auto& key : keys_) {
        if (!key.is_security_key) continue;
        Secret shown;
        if (!shown.copy(key.fingerprint)) continue;
        for (const auto& enrollment : all) {
            if (!enrollment.active || enrollment.kind != FactorKind::ssh_security_key) continue;
            const auto material = parts_.records.material(enrollment, shown);
            if (!material && material.error().code == Errc::not_found) continue;  // removed this very moment
            if (!material) return tl::make_unexpected(material.error());
            const auto check = factor->verify(enrollment, *material, shown, now);
            if (check && std::holds_alternative<Accepted>(*check))
                return std::optional(ProvedKey{enrollment, key.fingerprint});
        }
    }
    return std::optional<ProvedKey>{};
}

asio::awaitable<Result<Judged>> Login::judge_key(Subject subject, Requirement requirement, bool is_first_of_two) {
    Cause cause = cause_of(subject, requirement);
    cause.audit.fields.emplace_back("key", proved_key_->fingerprint);
    Examiner examiner(examiner_parts(parts_), std::move(cause));
    examiner.expect_another(is_first_of_two);
    Secret shown;
    if (!shown.copy(proved_key_->fingerprint)) co_return fail(Errc::internal, "a fingerprint is too long");
    std::vector<Enrollment> in_question;
    in_question.push_back(proved_key_->enrollment);
    std::vector<Enrollment> nothing_else;
    // Of whom nothing is asked, nobody is kept waiting either.
    const bool may_wait = requirement.level != Level::disabled;
    Examiner::Patience patience = [this, may_wait] { return may_wait ? connection_.left() : Millis(0); };
    const auto examined = co_await examiner.judge(std::move(in_question), std::move(nothing_else), std::move(shown),
                                                  std::move(patience));
    if (!examined) co_return tl::make_unexpected(examined.error());
    co_return examined->judged;
}

asio::awaitable<Ending> Login::pass_by_security_key(Subject subject, Requirement requirement) {
    const auto judged = co_await judge_key(subject, requirement, false);
    if (!judged && requirement.level == Level::disabled) co_return not_required();
    if (!judged) co_return unavailable(unjudged_text);
    if (judged->outcome == Outcome::accepted) co_return granted();
    key_was_refused_ = true;  // asked, or refused, like anybody else
    co_return co_await gate(std::move(subject));
}

asio::awaitable<Ending> Login::ask_behind_key(Subject subject, std::vector<Enrollment> choices,
                                              Requirement requirement) {
    const auto judged = co_await judge_key(subject, requirement, true);
    if (!judged) co_return unavailable(unjudged_text);
    if (judged->outcome != Outcome::accepted) {
        key_was_refused_ = true;
        co_return co_await gate(std::move(subject));
    }
    const auto opening = unusual_text(signals_) + std::string(one_more_text);
    Flow flow(std::move(choices), parts_.factors, proofs_for(requirement), opening, FactorKind::ssh_security_key);
    Cause cause = cause_of(subject, requirement);
    cause.proved_before = {FactorKind::ssh_security_key};
    Conversation conversation(parts_, connection_, std::move(flow), std::move(cause));
    co_return co_await conversation.hold();
}

}  // namespace stepup
