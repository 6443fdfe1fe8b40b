#include "daemon/pam_door/conversation.hpp"

#include <utility>

namespace stepup {
namespace {

constexpr std::string_view unavailable_text = "StepUp cannot check codes right now; ask your administrator.";

/// Questions and refusals go to other hosts on this beat (ADR 12). What the host does for a user who exists (names,
/// seals) and for one who does not differs by some ten microseconds, which 2,000 samples would show. Grants do not
/// wait.
constexpr Millis beat{5};

}  // namespace

asio::awaitable<Ending> Conversation::hold() {
    Step step = flow_.start();
    Secret typed;
    for (;;) {
        if (const auto* over = std::get_if<FlowDenied>(&step)) {
            co_await hide_the_time();
            co_return denied(over->text);
        }
        if (std::holds_alternative<FlowGranted>(step)) co_return granted();
        if (auto* question = std::get_if<AskFor>(&step)) {
            auto line = co_await ask(std::move(question->text));
            if (!line) co_return gone();
            typed = std::move(*line);
            step = flow_.answer(typed.reveal());
            continue;
        }
        Secret answer = std::exchange(typed, Secret());
        const auto judged = co_await judge(std::get<JudgeAgainst>(step), std::move(answer));
        if (!judged) co_return unavailable(unavailable_text);
        step = flow_.judged(judged->outcome, examined_.factor);
    }
}

asio::awaitable<std::optional<Secret>> Conversation::ask(std::string text) {
    ++turn_;
    co_await hide_the_time();
    const wire::Ask question{turn_, wire::Echo::on, text};
    const auto sent = co_await connection_.send(question);
    if (!sent) co_return std::nullopt;
    co_return co_await hear();
}

asio::awaitable<std::optional<Secret>> Conversation::offer(std::uint64_t login, std::string text) {
    ++turn_;
    is_over_ = true;
    const wire::Offer question{login, Decision::granted, turn_, text};
    const auto sent = co_await connection_.send(question);
    if (!sent) co_return std::nullopt;
    co_return co_await hear();
}

asio::awaitable<std::optional<Secret>> Conversation::hear() {
    const auto packet = co_await connection_.receive();
    if (!packet) co_return std::nullopt;
    if (const auto withdrawn = wire::decode<wire::Withdraw>(*packet)) {
        if (!is_over_) note_withdrawal(withdrawn->why);
        co_return std::nullopt;
    }
    const auto answer = wire::decode<wire::Answer>(*packet);
    Secret typed;
    const bool taken = answer && answer->turn == turn_ && typed.copy(answer->text);
    connection_.wipe();
    if (!taken) co_return std::nullopt;
    co_return std::move(typed);
}

asio::awaitable<Result<Judged>> Conversation::judge(JudgeAgainst against, Secret answer) {
    std::vector<Enrollment> in_question;
    for (const std::size_t place : against.choices) in_question.push_back(flow_.choices()[place]);
    examiner_.expect_another(against.is_first_of_two);
    std::vector<Enrollment> nothing_else;  // whoever is not in yet is told of no other factor
    Examiner::Patience patience = [this] { return connection_.left(); };
    const auto examined = co_await examiner_.judge(std::move(in_question), std::move(nothing_else), std::move(answer),
                                                   std::move(patience));
    if (!examined) co_return tl::make_unexpected(examined.error());
    examined_ = *examined;
    co_return examined->judged;
}

asio::awaitable<void> Conversation::hide_the_time() {
    if (examiner_.cause().from_afar) co_await connection_.wait_for_beat(beat);
}

void Conversation::note_withdrawal(wire::Why why) {
    AuditEntry entry = examiner_.cause().audit;
    entry.event = Event::answer_withdrawn;
    entry.at = parts_.clock.now();
    entry.fields.emplace_back("why", why == wire::Why::blind ? "blind" : "no answer");
    note_within_quota(parts_, examiner_.cause().peer_uid, std::move(entry));
}

}  // namespace stepup
