#include "common/wire.hpp"

#include <array>
#include <random>

#include <gtest/gtest.h>

using namespace stepup;
using namespace stepup::wire;

namespace {

template <class Message> std::vector<std::uint8_t> bytes_of(const Message& message) {
    std::vector<std::uint8_t> out(max_packet);
    out.resize(encode(message, out).value());
    return out;
}

Begin full_begin() {
    return {.login = 0x0102030405060708,
            .phase = Phase::account,
            .flags = 0x8000,
            .service = "sudo",
            .user = "alice",
            .remote_user = "alice",
            .remote_host = "192.0.2.1",
            .terminal = "/dev/pts/0",
            .ssh_authenticated = "publickey ssh-ed25519 AAAA",
            .ssh_connection = "192.0.2.1 5 192.0.2.2 22"};
}

/// `message` comes back as it was; no shorter buffer holds it, no shorter packet is it, and no other kind.
template <class Message> void stands_alone(const Message& message) {
    auto packet = bytes_of(message);
    EXPECT_EQ(kind_of(packet), Message::kind);
    EXPECT_EQ(bytes_of(decode<Message>(packet).value()), packet);
    for (std::size_t size = 0; size < packet.size(); ++size) {
        std::vector<std::uint8_t> small(size);
        EXPECT_EQ(encode(message, small).error().code, Errc::too_large) << size;
        EXPECT_FALSE(decode<Message>(PacketView(packet.data(), size))) << size;
    }
    packet[0] ^= 1U;
    EXPECT_FALSE(decode<Message>(packet));
}

/// Whatever decodes must encode back to the same bytes; the same is the fuzzer's property.
template <class Message> void survives_the_round_trip(const std::vector<std::uint8_t>& packet) {
    const auto message = decode<Message>(packet);
    if (message) {
        EXPECT_EQ(bytes_of(*message), packet);
    }
}

}  // namespace

TEST(Codec, the_bytes_of_an_ask_are_those_of_the_protocol_page) {
    const std::vector<std::uint8_t> expected{2, 1, 1, 6, 0, 'C', 'o', 'd', 'e', ':', ' '};
    EXPECT_EQ(bytes_of(Ask{.turn = 1, .echo = Echo::on, .text = "Code: "}), expected);
}

TEST(Codec, numbers_are_little_endian) {
    const auto packet = bytes_of(full_begin());
    EXPECT_EQ(packet[1], 1);  // protocol, low byte
    EXPECT_EQ(packet[2], 0);
    EXPECT_EQ(packet[3], 8);  // login, low byte
    EXPECT_EQ(packet[10], 1);
}

TEST(Codec, every_field_comes_back) {
    const auto packet = bytes_of(full_begin());
    const auto read = decode<Begin>(packet).value();
    EXPECT_EQ(read.login, 0x0102030405060708U);
    EXPECT_EQ(read.phase, Phase::account);
    EXPECT_EQ(read.flags, 0x8000U);
    EXPECT_EQ(read.user, "alice");
    EXPECT_EQ(read.ssh_connection, "192.0.2.1 5 192.0.2.2 22");
}

TEST(Codec, every_message_stands_alone) {
    stands_alone(full_begin());
    stands_alone(Ask{.turn = 1, .text = "Code: "});
    stands_alone(Answer{.turn = 1, .text = "123456"});
    stands_alone(Verdict{.login = 7, .decision = Decision::granted, .text = "Welcome."});
    stands_alone(Withdraw{});
    stands_alone(Verify{.login = 7, .service = "sudo", .factor = "phone"});
    stands_alone(GetToken{});
    stands_alone(Token{.token = "0123456789abcdef"});
    EXPECT_EQ(kind_of({}), 0) << "which is no message's";
}

TEST(Codec, refuses_every_truncation_and_every_extra_byte) {
    auto packet = bytes_of(full_begin());
    for (std::size_t size = 0; size < packet.size(); ++size)
        EXPECT_FALSE(decode<Begin>(PacketView(packet.data(), size))) << size;
    packet.push_back(0);
    EXPECT_FALSE(decode<Begin>(packet));
}

TEST(Codec, refuses_another_kind_of_message) { EXPECT_FALSE(decode<Ask>(bytes_of(Answer{.turn = 1, .text = "x"}))); }

TEST(Codec, refuses_a_word_it_does_not_know) {
    auto packet = bytes_of(Verdict{.login = 7, .decision = Decision::granted});
    for (std::size_t bit = 0; bit < 32; ++bit) {
        auto flipped = packet;
        flipped[9 + bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(decode<Verdict>(flipped)) << "a flipped bit " << bit << " is no verdict";
    }
    EXPECT_TRUE(decode<Verdict>(packet));
}

TEST(Codec, knows_two_kinds_of_echo_and_two_reasons_to_withdraw) {
    for (unsigned value = 0; value <= 0xFF; ++value) {
        const std::vector<std::uint8_t> ask{Ask::kind, 1, static_cast<std::uint8_t>(value), 0, 0};
        EXPECT_EQ(decode<Ask>(ask).has_value(), value <= 1) << value;
        const std::vector<std::uint8_t> withdraw{Withdraw::kind, static_cast<std::uint8_t>(value)};
        EXPECT_EQ(decode<Withdraw>(withdraw).has_value(), value == 1 || value == 2) << value;
    }
}

TEST(Codec, says_when_a_message_does_not_fit) {
    std::array<std::uint8_t, 8> small{};
    EXPECT_EQ(encode(Ask{.text = "longer than eight"}, small).error().code, Errc::too_large);
    const std::string huge(70'000, 'x');
    std::vector<std::uint8_t> large(100'000);
    EXPECT_FALSE(encode(Ask{.text = huge}, large));
}

TEST(Codec, whatever_decodes_encodes_back_to_the_same_bytes) {
    std::mt19937 random(1);
    const auto seed = bytes_of(full_begin());
    for (int round = 0; round < 20'000; ++round) {
        auto packet = seed;
        packet.resize(random() % (seed.size() + 4));
        for (int i = 0; i < 3 && !packet.empty(); ++i)
            packet[random() % packet.size()] = static_cast<std::uint8_t>(random());
        survives_the_round_trip<Begin>(packet);
        survives_the_round_trip<Answer>(packet);
        survives_the_round_trip<Verdict>(packet);
        survives_the_round_trip<Verify>(packet);
    }
}
