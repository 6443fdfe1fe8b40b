#include "daemon/pam_door/login.hpp"

#include <algorithm>

#include "daemon/core/lockout.hpp"
#include "daemon/core/source.hpp"
#include "daemon/pam_door/notices.hpp"
#include "policy/account_limits.hpp"

namespace stepup {
namespace {

constexpr std::size_t longest_word = 64;  // of what a peer says, in the audit trail

constexpr std::string_view unenrolled_text
    = "This account needs a second factor and has none.\nAsk your administrator for help.";
constexpr std::string_view unusable_text = "None of your factors is allowed here. Ask your administrator for help.";
constexpr std::string_view unreadable_text = "StepUp cannot read its records; ask your administrator.";
constexpr std::string_view key_only_text = "A key alone is not enough here: a second factor is required.";

/// What sshd says of keys counts only from root's own sshd: a program that a user starts can be uid 0, too.
bool is_sshd(ServiceKind kind, const Peer& peer) {
    return kind == ServiceKind::sshd && peer.uid == 0 && peer.session.real_uid == 0;
}

/// A code that was handed out is none.
bool is_factor(const Enrollment& each) { return each.active && !is_handed_out(each.kind); }

/// The time to enroll begins with the first login under a rule by risk, not with the first that is unusual: that one
/// may be by whoever stole the password.
bool begins_time_to_enroll(const Situation& at) {
    const auto& requirement = at.requirement;
    return at.account_known && requirement.by_risk && requirement.level == Level::disabled
        && requirement.grace > Seconds(0);
}

/// What an unknown user seems to have: what most users have.
std::vector<Enrollment> made_up_choices() {
    Enrollment totp;
    totp.label = "app";
    Enrollment codes;
    codes.kind = FactorKind::recovery_code;
    codes.left = 10;
    return {totp, codes};
}

}  // namespace

Login::Login(DoorParts& parts, Connection& connection, Peer peer, const wire::Begin& begin)
    : parts_(parts),
      connection_(connection),
      peer_(std::move(peer)),
      id_(begin.login),
      phase_(begin.phase),
      service_(begin.service),
      kind_(kind_of(service_, parts.lockers)),
      user_(begin.user),
      remote_user_(begin.remote_user),
      source_(peer_.uid == 0 ? source_address(begin.ssh_connection, begin.remote_host) : std::string()),
      keys_(is_sshd(kind_, peer_) ? keys_accepted_by_sshd(begin.ssh_authenticated) : std::vector<SshKey>{}),
      whence_(whence(!begin.remote_host.empty())),
      policy_(parts.policy()) {
    if (opens_logins(kind_))
        for (const auto& key : keys_) whence_.keys.push_back(key.fingerprint);
}

asio::awaitable<Ending> Login::run() {
    // A container's root has uid 0 and a /etc/passwd of its own: what it says of users is not about this host's.
    if (peer_.session.elsewhere) co_return refuse_peer("it is in a container: another pid or user namespace");
    if (kind_ == ServiceKind::silent) co_return not_required();
    const bool about_session = phase_ == Phase::open_session || phase_ == Phase::close_session;
    if (about_session && !opens_logins(kind_)) co_return not_required();
    if (about_session && (peer_.uid != 0 || peer_.session.real_uid != 0))
        co_return refuse_peer("only a login program opens sessions");

    const Claim claim{kind_, user_, remote_user_, peer_.uid, peer_.session.real_uid};
    auto choice = choose_subject(claim);
    if (const auto* refused = std::get_if<NotYours>(&choice)) co_return refuse_peer(refused->why);
    auto found = co_await find_subject(std::move(choice));
    if (!found) co_return unavailable("StepUp cannot look this account up; ask your administrator.");
    std::optional<Subject>& subject = *found;
    if (!subject) co_return refuse_peer("the user named is not the one who asks");
    co_return co_await serve(std::move(*subject));
}

asio::awaitable<Ending> Login::serve(Subject subject) {
    switch (phase_) {
    case Phase::auth:
    case Phase::account: co_return co_await gate(std::move(subject));
    case Phase::open_session: co_return co_await open_session(std::move(subject));
    case Phase::close_session: co_return co_await close_session(std::move(subject));
    case Phase::password_changed: co_return co_await change_password(std::move(subject));
    }
    co_return not_required();
}

// Not in braces within co_return: see Ending.
Login::Subject Login::subject_of(AccountKey account, std::optional<std::vector<std::string>> groups,
                                 std::optional<std::string> target) {
    return {std::move(account), std::move(groups), std::move(target)};
}

asio::awaitable<Result<std::optional<Login::Subject>>> Login::find_subject(SubjectChoice choice) {
    // Not `a ? co_await b : co_await c`: g++ 12 copies such a result byte by byte, and a short string then points into
    // the frame it came from.
    Result<Subject> subject = fail(Errc::untrusted, "nobody was chosen");
    if (const auto* named = std::get_if<SubjectNamed>(&choice)) subject = co_await find_named(*named);
    if (const auto* by_uid = std::get_if<SubjectUid>(&choice)) subject = co_await find_by_uid(*by_uid);
    if (subject && policy_ != parts_.policy()) subject->groups.reset();  // those asked about may be another policy's
    if (subject) co_return std::optional(std::move(*subject));
    if (subject.error().code == Errc::untrusted) co_return std::optional<Subject>{};
    co_return tl::make_unexpected(subject.error());
}

asio::awaitable<Result<Login::Subject>> Login::find_named(SubjectNamed named) {
    const auto find = [this](const std::string& name) {  // not a coroutine: it copies the name for one
        return answer_of<Account>([this, name](Done<Account> done) { parts_.accounts.find(name, std::move(done)); });
    };
    const auto account = co_await find(named.name);
    if (!account && account.error().code == Errc::not_found)
        co_return subject_of(AccountKey{static_cast<uid_t>(-1), named.name}, {}, {});
    if (!account) co_return tl::make_unexpected(account.error());
    if (is_reserved(account->key.uid)) {  // nobody's: asked like anybody, never granted
        note_peer("a reserved uid is nobody's");
        Subject nobody = subject_of(AccountKey{static_cast<uid_t>(-1), named.name}, {}, {});
        nobody.reserved = true;
        co_return nobody;
    }
    if (!named.must_be_real_uid_of.empty()) {
        auto caller = account;
        if (named.must_be_real_uid_of != account->key.name) caller = co_await find(named.must_be_real_uid_of);
        if (!caller || caller->key.uid != peer_.session.real_uid)
            co_return fail(Errc::untrusted, "PAM_RUSER is not the peer's real uid");
    }
    // sudo does not say whom it will become; a login becomes its user.
    const auto target = kind_ == ServiceKind::sudo ? std::nullopt : std::optional(account->key.name);
    co_return subject_of(account->key, account->groups, target);
}

asio::awaitable<Result<Login::Subject>> Login::find_by_uid(SubjectUid by_uid) {
    const auto account
        = co_await answer_of<Account>([&](Done<Account> done) { parts_.accounts.find(by_uid.uid, std::move(done)); });
    if (!account) co_return tl::make_unexpected(account.error());
    if (!by_uid.must_be_named.empty() && by_uid.must_be_named != account->key.name)
        co_return fail(Errc::untrusted, "the name said is not that of the peer's uid");
    const auto target = by_uid.target.empty() ? account->key.name : by_uid.target;
    co_return subject_of(account->key, account->groups, target);
}

asio::awaitable<Ending> Login::gate(Subject subject) {
    const Instant now = parts_.clock.now();
    watch_clock(now);
    const auto facts = facts_of(subject);
    if (!facts) co_return unavailable(unreadable_text);
    const Ruling ruling = rule_on(*policy_, *facts);
    const Requirement& requirement = ruling.requirement;
    rule_ = ruling.rule;
    signals_ = requirement.signals;
    const bool here = phase_ == Phase::account && proved_here(subject.account, requirement);
    auto window = exists(subject.account) && !here
        ? find_window(parts_.records, parts_.proc, subject.account, peer_.session, requirement, now)
        : std::optional<Window>{};
    if (!window) co_return unavailable(unreadable_text);
    auto trusted = trusted_key(subject, requirement, facts->signals, now);
    if (!trusted) co_return unavailable(unreadable_text);
    trusted_ = std::move(*trusted);
    auto proved = proved_key(subject, requirement, now);
    if (!proved) co_return unavailable(unreadable_text);
    proved_key_ = std::move(*proved);
    Situation situation{
        .phase = phase_,
        .service = kind_,
        .requirement = requirement,
        .account_known = exists(subject.account),
        .account_reserved = subject.reserved,
        .proved_here = here,
        .proved_recently = window->has_value(),
        .key_proved = proved_key_.has_value(),
        .key_trusted = trusted_.has_value(),
    };
    std::vector<Enrollment> choices;
    unsigned days = 0;
    if (!plan_without_factors(situation) || begins_time_to_enroll(situation)) {
        auto all = enrolled(subject);
        if (!all) co_return unavailable(unreadable_text);
        situation.enrolled = std::any_of(all->begin(), all->end(), is_factor);
        choices = usable_among(std::move(*all), parts_.factors, requirement);
        auto provable = choices;
        if (proved_key_) provable.push_back(proved_key_->enrollment);
        situation.usable = !choices.empty() && suffices(provable, requirement);
        if (!situation.enrolled) {
            const auto left = co_await days_to_enroll(subject.account, requirement);
            // Of whom nothing is asked today, nothing hangs on it: his time begins with the next login.
            if (!left && requirement.level != Level::disabled)
                co_return unavailable("StepUp cannot write its records; ask your administrator.");
            days = left.value_or(0);
        }
        situation.may_still_enroll = days > 0;
    }
    if (requirement.report_only && !subject.reserved) co_return report(plan(situation), subject);
    co_return co_await carry_out(plan(situation), std::move(subject), std::move(choices), requirement,
                                 std::move(*window), days);
}

asio::awaitable<Ending> Login::carry_out(Plan plan, Subject subject, std::vector<Enrollment> choices,
                                         Requirement requirement, std::optional<Window> window, unsigned days) {
    switch (plan) {
    case Plan::pass_for_now: co_return co_await pass_for_now(std::move(subject), days);
    case Plan::not_required: co_return not_required();
    case Plan::pass_proved: co_return granted();
    case Plan::pass_key_only: note(parts_, entry(Event::passed_by_key_only, subject.account)); co_return granted();
    case Plan::ask_in_vain: co_return co_await converse(std::move(subject), made_up_choices(), requirement);
    case Plan::ask:
        if (proved_key_) co_return co_await ask_behind_key(std::move(subject), std::move(choices), requirement);
        co_return co_await converse(std::move(subject), std::move(choices), requirement);
    case Plan::refuse_unenrolled:
        note_refusal(Event::not_enrolled, subject.account);
        co_return denied(requirement.grace > Seconds(0) ? time_is_over_text : unenrolled_text);
    case Plan::refuse_unusable: note_refusal(Event::not_enrolled, subject.account); co_return denied(unusable_text);
    case Plan::refuse_key_only: note_refusal(Event::factor_refused, subject.account); co_return denied(key_only_text);
    case Plan::pass_by_security_key: co_return co_await pass_by_security_key(std::move(subject), requirement);
    case Plan::pass_by_trusted_key: co_return co_await pass_by_key(std::move(subject));
    case Plan::pass_by_window: break;
    case Plan::refuse: co_return denied();
    }
    if (!window) co_return denied();
    if (window->fit == Fit::latch) {
        const auto latched = co_await answer_of<bool>(
            [&](Done<bool> done) { parts_.recorder.latch(window->latches.front(), peer_.session, std::move(done)); });
        if (!latched) co_return unavailable("StepUp cannot write its records; ask your administrator.");
        const bool look_again = !*latched || window->latches.size() > 1;  // another terminal was first, or one is left
        if (look_again) co_return co_await gate(std::move(subject));
    }
    note(parts_, entry(Event::passed_by_window, subject.account));
    co_return granted();
}

asio::awaitable<Ending> Login::converse(Subject subject, std::vector<Enrollment> choices, Requirement requirement) {
    Conversation conversation(parts_, connection_,
                              Flow(std::move(choices), parts_.factors, proofs_for(requirement), unusual_text(signals_)),
                              cause_of(subject, requirement));
    auto ending = co_await conversation.hold();
    const Examined& proved = conversation.examined();
    const bool may_offer = phase_ == Phase::auth && keys_count(subject, requirement);
    // Who falls back on a code of a set may have lost the key's machine, too.
    if (ending.decision != Decision::granted || !may_offer || is_code_set(proved.factor)) co_return ending;
    const auto answer = co_await conversation.offer(id_, offer_of_trust(keys_.front(), requirement.key_trust.duration));
    if (!answer || !is_yes(answer->reveal())) co_return ending;
    auto wish = trusting(subject.account, proved, requirement.key_trust);
    ending.text = co_await trust(std::move(wish));
    co_return ending;
}

bool Login::keys_count(const Subject& subject, const Requirement& requirement) const {
    return !keys_.empty() && exists(subject.account) && may_trust_keys(subject.account, requirement);
}

Result<std::optional<TrustedKey>> Login::trusted_key(const Subject& subject, const Requirement& requirement,
                                                     const Signals& signals, Instant now) const {
    // Whatever the rule asks for: where anything is unusual, or nobody can tell, no key stands for its owner.
    const bool unusual = !signals.possible().empty();
    if (unusual || !keys_count(subject, requirement)) return std::optional<TrustedKey>{};
    const auto all = TRY(parts_.records.trusted_keys(subject.account, now));
    const auto* found = trusted_among(keys_, all, requirement, whence_.address, now);
    return found == nullptr ? std::optional<TrustedKey>{} : std::optional(*found);
}

asio::awaitable<Ending> Login::pass_by_key(Subject subject) {
    if (!trusted_) co_return denied();
    if (!parts_.counted.is_due(peer_.session.process, phase_)) co_return granted();  // auth has counted it
    KeyUse use{subject.account, trusted_->id, parts_.clock.now(), entry(Event::trusted_key_used, subject.account)};
    use.audit.fields.emplace_back("key", trusted_->fingerprint);
    const auto used = co_await answer_of<bool>([&](Done<bool> done) { parts_.recorder.use_key(use, std::move(done)); });
    if (!used) co_return unavailable("StepUp cannot write its records; ask your administrator.");
    if (*used) co_return granted();
    keys_.clear();  // forgotten this very moment: asked like anybody else
    co_return co_await gate(std::move(subject));
}

asio::awaitable<std::string> Login::trust(KeyTrusting wish) {
    const auto trusted
        = co_await answer_of<void>([&](Done<> done) { parts_.recorder.trust_key(std::move(wish), std::move(done)); });
    std::string told = "This key is trusted from now on; `stepup keys list` shows it.";
    if (!trusted) told = "The key could not be trusted now; you will be asked for a code again.";
    co_return told;
}

KeyTrusting Login::trusting(const AccountKey& account, const Examined& proved, KeyTrust trust) const {
    KeyTrusting wish;
    wish.key.account = account;
    wish.key.fingerprint = keys_.front().fingerprint;
    wish.key.type = keys_.front().type;
    wish.key.factor = proved.factor;
    wish.key.strength = proved.strength;
    wish.key.network = network_around(whence_.address);
    wish.key.created = parts_.clock.now().wall;
    wish.key.expires = wish.key.created + trust.duration;
    wish.enrollment = proved.enrollment;
    wish.audit = entry(Event::key_trusted, account);
    wish.audit.fields.emplace_back("key", wish.key.fingerprint);
    wish.audit.fields.emplace_back("type", wish.key.type);
    wish.audit.fields.emplace_back("factor", name_of(wish.key.factor));
    wish.audit.fields.emplace_back("until", std::to_string(wish.key.expires.count() / 1000));
    return wish;
}

asio::awaitable<Ending> Login::open_session(Subject subject) {
    const Instant now = parts_.clock.now();
    if (!exists(subject.account)) co_return not_required();
    parts_.origins.opened(peer_.session, whence_, subject.account, keys_);
    const auto attached = co_await answer_of<bool>([&](Done<bool> done) {
        parts_.recorder.attach({subject.account, peer_.session, now, entry(Event::session_attached, subject.account)},
                               std::move(done));
    });
    if (attached && *attached) co_return granted();
    co_return not_required();
}

asio::awaitable<Ending> Login::close_session(Subject subject) {
    parts_.origins.closed(peer_.session);
    if (!exists(subject.account)) co_return not_required();
    const auto ended = co_await answer_of<unsigned>([&](Done<unsigned> done) {
        parts_.recorder.end_windows({subject.account, peer_.session, entry(Event::windows_ended, subject.account)},
                                    std::move(done));
    });
    if (ended && *ended > 0) co_return granted();
    co_return not_required();
}

Whence Login::whence(bool names_remote_host) const {
    const auto session = parts_.origins.of(peer_.session);
    // sudo can be told to put the host's own name into PAM_RHOST, and both only go on in a session that there is.
    if (peer_.uid != 0 || kind_ == ServiceKind::sudo || kind_ == ServiceKind::su) return session;
    if (!source_.empty()) return {From::remote, Address::parse(source_)};
    if (names_remote_host || kind_ == ServiceKind::sshd) return {From::remote, {}};
    // Not in a session of anybody's: a getty, a display manager.
    const bool begins_here = kind_ == ServiceKind::console_login && peer_.session.real_uid == 0;
    return begins_here && !session.from ? Whence{From::local, {}} : session;
}

Result<std::vector<Enrollment>> Login::enrolled(const Subject& subject) const {
    if (!exists(subject.account)) return std::vector<Enrollment>{};
    return parts_.records.enrollments(subject.account, parts_.clock.now());
}

bool Login::proved_here(const AccountKey& account, const Requirement& requirement) const {
    if (!exists(account)) return false;
    const Instant now = parts_.clock.now();
    const auto all = parts_.records.verifications(account, now);
    if (!all) return false;
    FactorSet proved;
    for (const auto& each : *all)
        if (same_transaction(each, peer_.session, service_, now)) proved.insert(each.factor);
    return suffices(proved, requirement);
}

Cause Login::cause_of(const Subject& subject, const Requirement& requirement) const {
    Cause cause;
    cause.account = subject.account;
    cause.account_limit = exists(subject.account) ? account_limit_key(subject.account.uid)
                                                  : parts_.records.unknown_user_key(subject.account.name);
    if (!source_.empty()) cause.source_limit = source_limit_key(source_);
    cause.limits = limits_on(*policy_, subject.account.name, subject.groups).limits;
    cause.sightings = sightings_of(whence_, parts_.addresses);
    cause.opens.account = subject.account;
    cause.opens.service = service_;
    cause.opens.asker = peer_.session.process;
    cause.opens.asker_parent = peer_.session.parent;
    if (opens_logins(kind_)) {
        cause.opens.binding = Binding::pending;
        cause.opens.session = peer_.session.key();  // as long as it is pending: what the asker stood in already
    } else if (kind_ != ServiceKind::locker) {
        bind(cause.opens, peer_.session, requirement);
    }
    cause.peer_uid = peer_.session.real_uid;
    cause.may_lock_for_good = peer_.uid == 0;
    cause.from_afar = !source_.empty();
    cause.audit = entry(Event::factor_refused, subject.account);
    return cause;
}

AuditEntry Login::entry(Event event, const AccountKey& account) const {
    AuditEntry entry{event, parts_.clock.now(), account, service_.substr(0, longest_word), {}};
    if (!source_.empty()) entry.fields.emplace_back("source", source_);
    if (const auto key = peer_.session.key(); !key.empty()) entry.fields.emplace_back("session", key);
    if (!signals_.empty()) entry.fields.emplace_back("signals", listed(signals_, &SignalRow::name));
    return entry;
}

Ending Login::refuse_peer(const char* why) {
    note_peer(why);
    return denied();
}

void Login::note_peer(const char* why) {
    AuditEntry refused = entry(Event::peer_refused, {peer_.session.real_uid, {}});
    refused.fields.emplace_back("claimed", user_.substr(0, longest_word));
    refused.fields.emplace_back("why", why);
    note_within_quota(parts_, peer_.session.real_uid, std::move(refused));
}

void Login::watch_clock(Instant now) {
    const Seconds jump = parts_.clock_watch.jump(now);
    if (jump == Seconds(0)) return;
    note(parts_, {Event::clock_jumped, now, {}, "stepupd", {{"seconds", std::to_string(jump.count())}}});
}

void Login::note_refusal(Event event, const AccountKey& account) {
    note_within_quota(parts_, peer_.session.real_uid, entry(event, account));
}

}  // namespace stepup
