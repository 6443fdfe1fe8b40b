#include "pam_module/login.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

// V-10: success is one explicit message about this login; everything else, in whatever order, is not success.

namespace stepup {
namespace {

constexpr std::uint64_t our_login = 77;

template <class Message> std::string packet(const Message& message) {
    std::array<std::uint8_t, wire::max_packet> bytes;
    const auto size = wire::encode(message, bytes);
    return {reinterpret_cast<const char*>(bytes.data()), size.value()};
}

std::string ask(std::uint8_t turn) { return packet(wire::Ask{turn, wire::Echo::on, "Code: "}); }
std::string verdict(std::uint64_t login, Decision decision) { return packet(wire::Verdict{login, decision, "text"}); }

std::string offer(std::uint64_t login, std::uint8_t turn, Decision decision = Decision::granted) {
    return packet(wire::Offer{login, decision, turn, "Trust? "});
}

/// Says the packets it was given, one after the other, then hangs up.
class ScriptedDaemon {
public:
    explicit ScriptedDaemon(std::vector<std::string> packets) : packets_(std::move(packets)) { }

    template <class Message> Result<> send(const Message& message) {
        sent.push_back(packet(message));
        if (fails_to_send == sent.size()) return fail(Errc::closed, "scripted");
        return {};
    }
    Result<wire::PacketView> receive(wire::Packet buffer, Seconds patience) {
        waited.push_back(patience);
        if (next_ == packets_.size()) {
            starved = true;
            return fail(error_at_end, "scripted");
        }
        const auto& bytes = packets_[next_++];
        std::copy(bytes.begin(), bytes.end(), buffer.begin());
        return wire::PacketView(buffer.data(), bytes.size());
    }

    std::vector<std::string> sent;
    std::vector<Seconds> waited;
    std::size_t fails_to_send = 0;  // the n-th message
    Errc error_at_end = Errc::closed;
    bool starved = false;  // the login wanted more than was scripted

private:
    std::vector<std::string> packets_;
    std::size_t next_ = 0;
};

struct ScriptedTerminal {
    Heard ask(const wire::Ask& question, Secret& answer) {
        asked.emplace_back(question.text);
        EXPECT_TRUE(answer.copy("123456"));
        return question.text == "Trust? " ? heard_of_offer : heard;
    }
    Heard heard = Heard::answer;
    Heard heard_of_offer = Heard::answer;
    std::vector<std::string> asked;
};

Outcome hold(ScriptedDaemon& daemon, ScriptedTerminal terminal = {}) {
    static std::array<std::uint8_t, wire::max_packet> buffer;
    return hold_login(daemon, terminal, wire::Begin{.login = our_login}, buffer);
}

const std::vector<std::string>& everything_a_daemon_may_send() {
    static const std::vector<std::string> all{
        ask(0),
        ask(1),
        ask(2),
        ask(3),
        ask(4),
        ask(5),
        ask(6),
        ask(255),
        verdict(our_login, Decision::granted),
        verdict(our_login, Decision::not_required),
        verdict(our_login, Decision::denied),
        verdict(our_login, Decision::unavailable),
        verdict(our_login + 1, Decision::granted),
        verdict(0, Decision::granted),
        verdict(our_login, Decision::granted) + "x",
        verdict(our_login, Decision::granted).substr(0, 12),
        offer(our_login, 1),
        offer(our_login, 2),
        offer(our_login, 3),
        offer(our_login, 4),
        offer(our_login, 5),
        offer(our_login, 6),
        offer(our_login + 1, 2),
        offer(our_login, 2, Decision::denied),
        offer(our_login, 2, Decision::not_required),
        packet(wire::Begin{.login = our_login}),
        packet(wire::Answer{1, "123456"}),
        packet(wire::Withdraw{}),
        packet(wire::Verify{.login = our_login}),
        packet(wire::GetToken{}),
        packet(wire::Token{"t"}),
        std::string(1, '\0'),
        std::string("\xFF garbage"),
    };
    return all;
}

struct Counts {
    int granted = 0, not_required = 0, orders = 0;
};

/// Questions in their order, then a verdict or, behind at least one of them, an offer: that only a verdict undoes.
bool grants(const std::vector<std::string>& said) {
    std::size_t asked = 0;
    while (asked < said.size() && said[asked] == ask(static_cast<std::uint8_t>(asked + 1))) ++asked;
    if (asked == said.size()) return false;
    if (said[asked] == verdict(our_login, Decision::granted)) return true;
    if (asked == 0 || said[asked] != offer(our_login, static_cast<std::uint8_t>(asked + 1))) return false;
    const auto last = asked + 1 < said.size() ? said[asked + 1] : "";
    return last != verdict(our_login, Decision::denied) && last != verdict(our_login, Decision::not_required)
        && last != verdict(our_login, Decision::unavailable);
}

/// Every order of messages that begins with `said`; an order is not continued once the login ended.
void explore(std::vector<std::string> said, Counts& counts) {
    ScriptedDaemon daemon(said);
    const auto outcome = hold(daemon);
    ++counts.orders;
    const bool granted = outcome && outcome->decision == Decision::granted;
    EXPECT_EQ(granted, grants(said));
    if (granted) ++counts.granted;
    if (outcome && outcome->decision == Decision::not_required) ++counts.not_required;
    if (!daemon.starved || said.size() == 6) return;
    for (const auto& message : everything_a_daemon_may_send()) {
        said.push_back(message);
        explore(said, counts);
        said.pop_back();
    }
}

TEST(Login, of_all_message_orders_up_to_six_accepts_a_verdict_and_an_offer_in_their_places) {
    Counts counts;
    explore({}, counts);
    const int messages = static_cast<int>(everything_a_daemon_may_send().size());
    constexpr int verdicts = 6;         // first to sixth
    constexpr int offers = 5;           // second to sixth
    constexpr int offers_followed = 4;  // second to fifth
    EXPECT_EQ(counts.granted, verdicts + offers + offers_followed * (messages - 3));
    EXPECT_EQ(counts.not_required, verdicts + offers_followed);
    EXPECT_EQ(counts.orders, 1 + (6 + offers_followed) * messages);
}

std::vector<std::string> asks(std::uint8_t count) {
    std::vector<std::string> all;
    for (std::uint8_t turn = 1; turn <= count; ++turn) all.push_back(ask(turn));
    return all;
}

TEST(Login, allows_six_questions) {
    auto said = asks(6);
    said.push_back(verdict(our_login, Decision::granted));
    ScriptedDaemon daemon(said);
    EXPECT_TRUE(hold(daemon));
    EXPECT_EQ(daemon.sent.size(), 7U);
}

TEST(Login, refuses_the_seventh_question) {
    auto said = asks(7);
    said.push_back(verdict(our_login, Decision::granted));
    ScriptedDaemon daemon(said);
    const auto outcome = hold(daemon);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().failure, Failure::violation);
}

TEST(Login, answers_the_question_it_was_asked) {
    ScriptedDaemon daemon({ask(1), ask(2), verdict(our_login, Decision::granted)});
    ASSERT_TRUE(hold(daemon));
    ASSERT_EQ(daemon.sent.size(), 3U);
    EXPECT_EQ(daemon.sent[1], packet(wire::Answer{1, "123456"}));
    EXPECT_EQ(daemon.sent[2], packet(wire::Answer{2, "123456"}));
}

TEST(Login, waits_longer_once_an_answer_is_being_judged) {
    ScriptedDaemon daemon({ask(1), ask(2), verdict(our_login, Decision::granted)});
    ASSERT_TRUE(hold(daemon));
    EXPECT_EQ(daemon.waited, (std::vector<Seconds>{first_reply_within, later_reply_within, later_reply_within}));
}

TEST(Login, without_any_reply_found_no_daemon) {
    for (const auto error : {Errc::closed, Errc::timed_out, Errc::unavailable}) {
        ScriptedDaemon daemon({});
        daemon.error_at_end = error;
        const auto outcome = hold(daemon);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().failure, Failure::unreachable);
    }
}

TEST(Login, that_ends_after_a_question_was_not_a_missing_daemon) {
    for (const auto error : {Errc::closed, Errc::timed_out, Errc::unavailable}) {
        ScriptedDaemon daemon({ask(1)});
        daemon.error_at_end = error;
        const auto outcome = hold(daemon);
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().failure, Failure::interrupted);
    }
}

TEST(Login, whose_answer_cannot_be_delivered_was_interrupted_whatever_the_daemon_would_say) {
    ScriptedDaemon daemon({ask(1), verdict(our_login, Decision::granted)});
    daemon.fails_to_send = 2;
    const auto outcome = hold(daemon);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().failure, Failure::interrupted);
}

TEST(Login, takes_an_oversized_packet_for_a_violation) {
    ScriptedDaemon daemon({});
    daemon.error_at_end = Errc::too_large;
    const auto outcome = hold(daemon);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().failure, Failure::violation);
}

TEST(Login, is_granted_by_an_offer_whatever_becomes_of_its_question) {
    for (const auto heard : {Heard::answer, Heard::password, Heard::junk, Heard::nothing})
        for (const auto fails_to_send : {0U, 3U}) {
            ScriptedDaemon daemon({ask(1), offer(our_login, 2)});
            daemon.fails_to_send = fails_to_send;
            daemon.error_at_end = Errc::timed_out;
            const auto outcome = hold(daemon, {.heard_of_offer = heard});
            ASSERT_TRUE(outcome);
            EXPECT_EQ(outcome->decision, Decision::granted);
            EXPECT_EQ(outcome->login, our_login);
            ASSERT_EQ(daemon.sent.size(), 3U);
            EXPECT_EQ(wire::decode<wire::Answer>(
                          wire::PacketView(reinterpret_cast<const std::uint8_t*>(daemon.sent[2].data()),
                                           daemon.sent[2].size()))
                          .has_value(),
                      heard == Heard::answer);
        }
}

TEST(Login, shows_the_last_word_after_an_offer) {
    ScriptedDaemon daemon({ask(1), offer(our_login, 2), verdict(our_login, Decision::granted)});
    const auto outcome = hold(daemon);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->text, "text");
    EXPECT_EQ(daemon.sent.back(), packet(wire::Answer{2, "123456"}));
    EXPECT_EQ(daemon.waited.back(), last_word_within);
}

struct Unanswered {
    Heard heard;
    wire::Why told;
    Failure failure;
};
class Unheard : public testing::TestWithParam<Unanswered> { };

TEST_P(Unheard, withdraws_and_sends_no_answer) {
    ScriptedDaemon daemon({ask(1), verdict(our_login, Decision::granted)});
    const auto outcome = hold(daemon, {.heard = GetParam().heard});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().failure, GetParam().failure);
    ASSERT_EQ(daemon.sent.size(), 2U);
    EXPECT_EQ(daemon.sent[1], packet(wire::Withdraw{GetParam().told}));
}

INSTANTIATE_TEST_SUITE_P(All, Unheard,
                         testing::Values(Unanswered{Heard::nothing, wire::Why::no_answer, Failure::no_answer},
                                         Unanswered{Heard::junk, wire::Why::no_answer, Failure::refused},
                                         Unanswered{Heard::password, wire::Why::blind, Failure::refused}));

}  // namespace
}  // namespace stepup
