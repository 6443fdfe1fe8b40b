#include "daemon/answering/challenges.hpp"

#include <algorithm>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "common/bytes.hpp"
#include "common/printable.hpp"
#include "daemon/core/limited.hpp"
#include "daemon/core/lockout.hpp"
#include "policy/account_limits.hpp"

namespace stepup {
namespace {

using enum ManagementError;

constexpr std::size_t longest_service = 64;

/// Where whoever fetched the token stands, if he is a plain process of the caller's: a setuid program may speak for
/// somebody else. Null otherwise.
const Session* own_place(const Caller& caller) {
    const auto uid = caller.account.key.uid;
    if (!caller.session || caller.session->real_uid != uid || caller.session->effective_uid != uid) return nullptr;
    return &*caller.session;
}

/// A factor, or a code from an administrator. Recovery codes alone are left over from something.
bool has_answer(const std::vector<Enrollment>& enrolled) {
    const auto is_one = [](const Enrollment& each) { return each.active && is_handed_out(each.kind); };
    return has_active_factor(enrolled) || std::any_of(enrolled.begin(), enrolled.end(), is_one);
}

bool is_same_place(const Session& one, const Session& other) {
    return one.key() == other.key() && one.terminal == other.terminal && one.leader == other.leader;
}

tl::unexpected<Refusal> no_token() {
    return refuse(not_authorized, "A challenge belongs to a login session: show a token of a process of yours in it.");
}

}  // namespace

struct Challenges::Open {
    Open(std::vector<Enrollment> choices, Proofs needed, const ExaminerParts& parts, Cause cause)
        : flow(std::move(choices), parts.factors, needed),
          examiner(parts, std::move(cause)) { }

    Flow flow;
    Examiner examiner;
    std::string id;
    std::string service;
    Caller caller;
    Session place;  ///< where its answer must come from
    Instant begun;
    bool is_judging = false;
    bool is_over = false;
};

Managed<Challenge> Challenges::begin(const Caller& caller, const std::string& service) {
    const std::string asked = service.empty() ? "stepup" : service;
    if (!is_printable(asked, longest_service)) return refuse(invalid_argument, "That is no name of a PAM service.");
    const auto* place = own_place(caller);
    if (place == nullptr) return no_token();
    const auto now = parts_.examiner.clock.now();
    const auto requirement = parts_.management.requirement(caller, asked, now);
    auto enrolled = parts_.examiner.records.enrollments(caller.account.key, now);
    if (!enrolled) return refuse(unavailable);
    if (!has_answer(*enrolled)) return refuse(not_enrolled);
    auto choices = usable_among(*std::move(enrolled), parts_.examiner.factors, requirement);
    if (!suffices(choices, requirement) && !choices.empty())
        return refuse(policy_forbids, "Two different factors are needed there, and you have one. Enroll another.");
    if (choices.empty())
        return refuse(policy_forbids, "This host's policy accepts none of your factors there. Ask its administrator.");
    auto open = std::make_shared<Open>(choices, proofs_for(requirement), parts_.examiner,
                                       cause_of(caller.account, *place, requirement, now));
    open->id = to_hex(parts_.random.bytes(32));
    open->service = asked;
    open->caller = caller;
    open->place = *place;
    open->begun = now;
    (void)open->flow.start();
    Challenge challenge{open->id, std::move(choices), std::chrono::duration_cast<Seconds>(lifetime)};
    keep(std::move(open), now);
    return challenge;
}

Cause Challenges::cause_of(const Account& account, const Session& place, const Requirement& requirement,
                           Instant now) const {
    Cause cause;
    cause.account = account.key;
    cause.account_limit = account_limit_key(account.key.uid);
    cause.limits = limits_on(*parts_.policy(), account.key.name, account.groups).limits;
    cause.peer_uid = account.key.uid;
    cause.may_lock_for_good = false;
    cause.opens.account = account.key;
    cause.opens.service = "stepup";
    bind(cause.opens, place, requirement);
    cause.audit = AuditEntry{Event::factor_refused, now, account.key, "stepup", {}};
    if (const auto session = place.key(); !session.empty()) cause.audit.fields.emplace_back("session", session);
    return cause;
}

void Challenges::keep(Shared open, Instant now) {
    std::erase_if(open_, [&](const auto& entry) { return now.boot - entry.second->begun.boot >= lifetime; });
    const auto uid = open->caller.account.key.uid;
    const auto is_older = [&](const auto& one, const auto& other) {
        const bool mine = one.second->caller.account.key.uid == uid;
        const bool its = other.second->caller.account.key.uid == uid;
        return mine != its ? mine : one.second->begun.boot < other.second->begun.boot;
    };
    const auto count = std::count_if(open_.begin(), open_.end(),
                                     [&](const auto& entry) { return entry.second->caller.account.key.uid == uid; });
    if (static_cast<std::size_t>(count) >= most) open_.erase(std::min_element(open_.begin(), open_.end(), is_older));
    open_.emplace(open->id, std::move(open));
}

Managed<Challenges::Shared> Challenges::find(const Caller& caller, const std::string& id, Instant now) const {
    const auto* place = own_place(caller);
    if (place == nullptr) return no_token();
    const auto found = open_.find(id);
    if (found == open_.end() || now.boot - found->second->begun.boot >= lifetime)
        return refuse(expired_challenge, "That challenge is over. Begin another one.");
    const auto& owner = found->second->caller;
    const bool same = owner.account.key == caller.account.key && owner.connection == caller.connection
        && is_same_place(found->second->place, *place);
    if (!same) return refuse(not_authorized, "That challenge was not given to you, here. Begin one of your own.");
    return found->second;
}

void Challenges::answer(const Caller& caller, const std::string& id, std::int64_t factor, Secret code,
                        Answer<Report> done) {
    const auto found = find(caller, id, parts_.examiner.clock.now());
    if (!found) return done(tl::make_unexpected(found.error()));
    const Shared& open = *found;
    if (open->is_judging) return done(refuse(rate_limited, "Another answer to that challenge is being judged."));
    const auto& choices = open->flow.choices();
    const auto place = static_cast<std::size_t>(
        std::find_if(choices.begin(), choices.end(), [&](const auto& each) { return each.id == factor; })
        - choices.begin());
    if (factor != 0 && place == choices.size()) return done(refuse(no_such_factor, "That factor will not do there."));
    open->flow.use_only(place);
    auto step = open->flow.answer(code.reveal());
    if (auto* against = std::get_if<JudgeAgainst>(&step)) {
        open->is_judging = true;
        asio::co_spawn(parts_.loop, judge(open, std::move(*against), std::move(code), std::move(done)), asio::detached);
        return;
    }
    if (std::holds_alternative<FlowDenied>(step)) open_.erase(id);
    done(refuse(invalid_argument, "That is no code."));
}

asio::awaitable<void> Challenges::judge(Shared open, JudgeAgainst against, Secret code, Answer<Report> done) {
    std::optional<Examined> examined;
    try {
        examined = co_await examine(open, std::move(against), std::move(code));
    } catch (const std::exception&) {
        // Out of memory, or of what the kernel gives: nothing was proved.
    }
    open->is_judging = false;
    const Step step = examined ? open->flow.judged(examined->judged.outcome, examined->factor) : Step(FlowDenied{});
    if (!std::holds_alternative<AskFor>(step)) {
        open->is_over = true;
        open_.erase(open->id);
    }
    examined ? conclude(*open, *examined, done) : done(refuse(unavailable));
}

asio::awaitable<std::optional<Examined>> Challenges::examine(Shared open, JudgeAgainst against, Secret code) {
    std::vector<Enrollment> in_question;
    std::vector<Enrollment> elsewhere;
    const auto& choices = open->flow.choices();
    for (std::size_t place = 0; place < choices.size(); ++place) {
        const bool asked = std::find(against.choices.begin(), against.choices.end(), place) != against.choices.end();
        (asked ? in_question : elsewhere).push_back(choices[place]);
    }
    open->examiner.expect_another(against.is_first_of_two);
    // Whoever came too soon is told so at once: a call over the bus is no place to wait in.
    Examiner::Patience patience = [] { return Millis(0); };
    const auto examined = co_await open->examiner.judge(std::move(in_question), std::move(elsewhere), std::move(code),
                                                        std::move(patience));
    if (!examined) co_return std::nullopt;
    co_return *examined;
}

void Challenges::conclude(const Open& open, const Examined& examined, const Answer<Report>& done) {
    const char* again = open.is_over ? " Begin again." : "";
    const auto now = parts_.examiner.clock.now();
    switch (examined.judged.outcome) {
    case Outcome::accepted: {
        auto report = parts_.management.report(open.caller, open.service);
        if (report) report->more = !open.is_over;
        return done(std::move(report));
    }
    case Outcome::later:
    case Outcome::locked: return done(refuse_as_limited(examined.judged, now));
    case Outcome::refused:
    case Outcome::replayed: break;
    }
    const auto why = examined.belongs_elsewhere ? wrong_factor : invalid_code;
    done(refuse(why, std::string(row_of(why).sentence) + again));
}

}  // namespace stepup
