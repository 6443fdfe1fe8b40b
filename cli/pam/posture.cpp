#include "cli/pam/posture.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "cli/pam/modules.hpp"
#include "cli/pam/services.hpp"
#include "cli/pam/walk.hpp"

namespace stepup::pam {
namespace {

using Weight = Remark::Weight;
using Codes = std::vector<Code>;

std::vector<const Entry*> ours_in(const Stack& stack) {
    std::vector<const Entry*> found;
    for (const auto& entry : stack.entries)
        if (entry.line.is_ours()) found.push_back(&entry);
    return found;
}

/// Whether libpam cannot make sense of the line, and so refuses whoever comes by it.
bool is_refusal(const Entry& entry) {
    const bool is_read = entry.opens_substack || (!entry.line.garbled && entry.control.understood);
    return !is_read && entry.control.on(Code::perm_denied).kind != Action::Kind::ignore;
}

/// The remarks on one phase, in which our line is there to say who may pass.
class Examination {
public:
    Examination(Posture& posture, const Stack& stack, Phase phase)
        : posture_(posture),
          stack_(stack),
          phase_(phase),
          ours_(ours_in(stack)),
          said_before_(static_cast<std::ptrdiff_t>(posture.remarks.size())) { }

    void run() {
        skipped();
        refused();
        unreachable();
        missing();
        closed();
    }

private:
    void say(Weight weight, std::string what, std::string fix) {
        posture_.remarks.push_back({weight, std::move(what), std::move(fix)});
    }

    [[nodiscard]] static Answers answers(const Codes& ours) {
        return [ours](const Entry& entry) {
            if (entry.line.is_ours()) return ours;
            return known_answer(entry).value_or(any_answer(entry));
        };
    }

    [[nodiscard]] std::optional<Way> way(const Codes& ours, Asking asking) const {
        const bool may_be_expired = phase_ == Phase::account;
        return passes(stack_, answers(ours), may_be_expired ? std::optional(Code::new_authtok_reqd) : std::nullopt,
                      asking);
    }

    void skipped() {
        const auto found = way({Code::auth_err}, Asking::without_ours);
        if (!found || found->decisive == nullptr) return;
        const auto& line = *found->decisive;
        const bool by_condition = is_a_condition(line);
        say(by_condition ? Weight::weak : Weight::opens,
            line.place() + " (" + line.line.control + " " + line.line.module + ") lets "
                + (by_condition ? "some people in" : "in") + " before pam_stepup.so is asked.",
            by_condition ? "See that it names only whom you mean."
                         : "Put the " + std::string(name_of(phase_)) + " line of pam_stepup.so before it.");
    }

    void refused() {
        if (!opens_on({Code::auth_err, Code::perm_denied})) return;
        say(Weight::opens, place() + " (" + ours_.front()->line.control + ") lets in whom StepUp refuses.",
            "Use [success=ok ignore=ignore default=die] there.");
    }

    void unreachable() {
        if (opens_on({Code::auth_err, Code::perm_denied}) || !opens_on({Code::authinfo_unavail})) return;
        const bool remote = posture_.service == "sshd";
        say(remote ? Weight::opens : Weight::weak, place() + " lets in without a factor while stepupd does not answer.",
            remote ? "Use [success=ok ignore=ignore default=die]: whoever can stop stepupd gets in from the network."
                   : "Keep it only at a console that somebody watches; else [success=ok ignore=ignore default=die].");
    }

    void missing() {
        if (std::none_of(ours_.begin(), ours_.end(), [](const Entry* one) { return one->missing; })) return;
        const bool open = opens_on({Code::module_unknown});
        say(open ? Weight::opens : Weight::closes,
            place() + " names a pam_stepup.so that is not there: " + (open ? "everybody" : "nobody")
                + " gets in by this.",
            "Install libpam-stepup, or `stepup pam disable " + posture_.service + "`.");
    }

    void closed() {
        const bool is_said = std::any_of(posture_.remarks.begin() + said_before_, posture_.remarks.end(),
                                         [](const Remark& one) { return one.weight != Weight::weak; });
        const bool is_broken = !stack_.broken.empty()
            || std::any_of(stack_.entries.begin(), stack_.entries.end(), is_refusal);  // said elsewhere
        if (is_said || is_broken) return;
        if (passes(stack_, answers({Code::success}), std::nullopt, Asking::ours))
            return;  // nor with an expired password
        say(Weight::closes, place() + " (" + ours_.front()->line.control + "): even a right code gets nobody in.",
            "Use [success=ok ignore=ignore default=die] there, and see that no line behind it refuses everybody.");
    }

    [[nodiscard]] bool opens_on(const Codes& ours) const { return way(ours, Asking::ours).has_value(); }

    [[nodiscard]] std::string place() const { return ours_.front()->place(); }

    Posture& posture_;
    const Stack& stack_;
    const Phase phase_;
    const std::vector<const Entry*> ours_;
    const std::ptrdiff_t said_before_;  ///< remarks on other phases
};

/// Whether our line in auth is reached although every password was wrong.
bool asks_in_vain(const Stack& auth) {
    bool asked = false;
    const auto answers = [&](const Entry& entry) {  // called for the lines that the walk comes by
        asked = asked || entry.line.is_ours();
        if (entry.line.is_ours() || checks_password(entry)) return Codes{Code::auth_err};
        return known_answer(entry).value_or(any_answer(entry));
    };
    (void)passes(auth, answers, std::nullopt, Asking::ours);
    return asked;
}

/// What our line in auth does without the password.
void examine_order(Posture& posture, const Stack& auth) {
    const auto ours = ours_in(auth);
    const auto factor_alone = [](const Entry& entry) {
        if (entry.line.is_ours()) return Codes{Code::success};
        return known_answer(entry).value_or(Codes{Code::auth_err});
    };
    if (!asks_after_key(auth) && passes(auth, factor_alone)) {
        posture.remarks.push_back({Weight::opens, ours.front()->place() + ": a code alone gets in, without a password.",
                                   "Put it behind the line that checks the password, or say after_key."});
        return;
    }
    const auto password = std::find_if(auth.entries.begin(), auth.entries.end(), checks_password);
    if (password == auth.entries.end()) return;
    if (ours.front() > &*password && asks_in_vain(auth))
        posture.remarks.push_back(
            {Weight::weak,
             ours.front()->place()
                 + " asks for a code also behind a wrong password: strangers can use up anybody's attempts, and begin "
                   "anybody's grace_period.",
             "Let a wrong password end the stack: `requisite` in the place of `required`, or, if no line is "
             "`sufficient` "
             "there, `include` in that of `substack`."});
    if (ours.front() < &*password)
        posture.remarks.push_back(
            {Weight::weak,
             ours.front()->place()
                 + " asks for a code before the password: strangers can use up anybody's attempts, and begin "
                   "anybody's grace_period.",
             "Put it behind " + password->place() + "."});
}

/// Whether the line lets users fill PAM's environment from a file of their own.
bool reads_users_environment(const Entry& entry) {
    constexpr std::string_view word = "user_readenv=";
    if (entry.line.bare_module() != "pam_env") return false;
    const auto& words = entry.line.arguments;
    return std::any_of(words.begin(), words.end(), [&](const std::string& one) {
        int number = 0;
        if (one.starts_with(word)) std::from_chars(one.data() + word.size(), one.data() + one.size(), number);
        return number != 0;
    });
}

/// PAM's environment tells us, when a session is opened, from where it comes and with which key: SSH_CONNECTION and
/// SSH_AUTH_INFO_0. pam_env sets it in pam_setcred, which comes before, and in session.
void examine_environment(Posture& posture, const Stacks& stacks) {
    const auto ours = ours_in(stacks.session);
    if (ours.empty()) return;
    const auto say = [&](const Entry& line, const char* fix) {
        posture.remarks.push_back({Weight::opens,
                                   line.place()
                                       + " (pam_env.so user_readenv=1) runs before pam_stepup.so opens the "
                                         "session: users can make up from where and with which key they came.",
                                   fix});
    };
    for (const auto& entry : stacks.auth.entries)
        if (reads_users_environment(entry)) say(entry, "Say user_readenv=0 there.");
    for (const auto& entry : stacks.session.entries)
        if (&entry < ours.front() && reads_users_environment(entry))
            say(entry, "Say user_readenv=0 there, or put the session line of pam_stepup.so before it.");
}

void examine_session(Posture& posture, const Stack& session) {
    const auto ours = ours_in(session);
    const auto loginuid = std::find_if(session.entries.begin(), session.entries.end(),
                                       [](const Entry& entry) { return entry.line.bare_module() == "pam_loginuid"; });
    if (ours.empty())
        posture.remarks.push_back({Weight::weak, "No session line: a code given at login does not count for sudo.",
                                   "`stepup pam enable " + posture.service + "` adds it."});
    else if (loginuid != session.entries.end() && ours.front() < &*loginuid)
        posture.remarks.push_back({Weight::weak, ours.front()->place() + " stands before pam_loginuid.so.",
                                   "Put it behind " + loginuid->place() + "."});
}

void examine_halves(Posture& posture, Need need) {
    const auto add = [&](const char* what) {
        posture.remarks.push_back({Weight::opens, what, "`stepup pam enable " + posture.service + "` adds it."});
    };
    if (need == Need::nothing) return;  // by an include that others need
    if (!posture.auth) add("No auth line: nobody is asked for a factor where the password is checked.");
    if (posture.account || need == Need::locker) return;
    if (posture.service.starts_with("sudo"))
        add("No account line: sudo passes by auth where its own ticket is fresh, or by NOPASSWD.");
    else if (posture.service == "sshd")
        add("No account line: sshd passes by auth for whoever comes with a key alone.");
    else
        add("No account line: what passes by auth is not stopped.");
}

void examine_broken(Posture& posture, const Stack& stack) {
    const auto say = [&](const std::string& what, const char* fix) {
        const auto is_said = [&](const Remark& one) { return one.what == what; };  // of another phase
        if (std::none_of(posture.remarks.begin(), posture.remarks.end(), is_said))
            posture.remarks.push_back({Weight::closes, what, fix});
    };
    if (!stack.broken.empty()) say("Nobody gets in by this: " + stack.broken + ".", "Mend the include.");
    for (const auto& entry : stack.entries)
        if (is_refusal(entry))
            say(entry.place() + " is no line that PAM understands: nobody gets in by it.",
                "Mend that line, or take it out.");
}

}  // namespace

bool Posture::has(Weight weight) const {
    return std::any_of(remarks.begin(), remarks.end(), [&](const Remark& one) { return one.weight == weight; });
}

bool asks_after_key(const Stack& auth) {
    const auto ours = ours_in(auth);
    return std::any_of(ours.begin(), ours.end(), [](const Entry* one) {
        const auto& words = one->line.arguments;
        return std::find(words.begin(), words.end(), "after_key") != words.end();
    });
}

bool lets_anybody_in(const Stack& auth) {
    return passes(auth, [](const Entry& entry) { return known_answer(entry).value_or(Codes{Code::auth_err}); })
        .has_value();
}

Stacks stacks_of(const Places& places, const std::string& service) {
    const auto in = [&](Phase phase) { return or_others(effective(places, service, phase), places, phase); };
    return {in(Phase::auth), in(Phase::account), in(Phase::session)};
}

Posture posture_of(const std::string& service, const Stacks& stacks) {
    Posture posture{
        service, !ours_in(stacks.auth).empty(), !ours_in(stacks.account).empty(), !ours_in(stacks.session).empty(), {}};
    for (const auto* stack : {&stacks.auth, &stacks.account, &stacks.session}) examine_broken(posture, *stack);
    if (lets_anybody_in(stacks.auth))
        posture.remarks.push_back({Weight::opens, "Auth lets in anybody, without a password.",
                                   "Put back the line that checks it, as `@include common-auth`."});
    if (!posture.is_gated()) return posture;
    const auto need = need_of(service);
    examine_halves(posture, need);
    if (posture.auth) Examination(posture, stacks.auth, Phase::auth).run();
    if (posture.auth) examine_order(posture, stacks.auth);
    if (posture.account) Examination(posture, stacks.account, Phase::account).run();
    if (need == Need::login) examine_session(posture, stacks.session);
    if (need == Need::login) examine_environment(posture, stacks);
    return posture;
}

}  // namespace stepup::pam
