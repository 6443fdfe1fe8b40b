#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "common/result.hpp"

// One message is one packet: a kind byte, then the fields in the order of the message's own list. Integers are
// little-endian; a text is its length (two bytes), then its bytes. Nothing may follow the last field.
// docs/protocol.md is the page to implement from.

namespace stepup::wire {

using Packet = std::span<std::uint8_t>;
using PacketView = std::span<const std::uint8_t>;

template <class T>
concept Number = std::unsigned_integral<T> && !std::same_as<T, bool>;
/// Enumerations on the wire say which values exist: `bool known(E)`.
template <class T>
concept Word = std::is_enum_v<T> && requires(T value) {
    { known(value) } -> std::same_as<bool>;
};

class PacketWriter {
public:
    explicit PacketWriter(Packet out) : out_(out) { }

    template <Number T> void put(T value) {
        if (!room_for(sizeof(T))) return;
        for (std::size_t i = 0; i < sizeof(T); ++i) out_[size_++] = static_cast<std::uint8_t>(value >> (8 * i));
    }
    template <Word T> void put(T value) { put(static_cast<std::underlying_type_t<T>>(value)); }
    void put(std::string_view text) {
        if (text.size() > 0xFFFF) fits_ = false;
        put(static_cast<std::uint16_t>(text.size()));
        if (!room_for(text.size()) || text.empty()) return;
        std::memcpy(&out_[size_], text.data(), text.size());
        size_ += text.size();
    }

    /// Bytes written; 0 if they did not all fit.
    [[nodiscard]] std::size_t size() const { return fits_ ? size_ : 0; }

private:
    bool room_for(std::size_t more) {
        if (!fits_ || out_.size() - size_ < more) fits_ = false;
        return fits_;
    }

    Packet out_;
    std::size_t size_ = 0;
    bool fits_ = true;
};

class PacketReader {
public:
    explicit PacketReader(PacketView in) : in_(in) { }

    template <Number T> void get(T& value) {
        value = 0;
        if (!has(sizeof(T))) return;
        for (std::size_t i = 0; i < sizeof(T); ++i)
            value = static_cast<T>(value | static_cast<T>(static_cast<T>(in_[at_++]) << (8 * i)));
    }
    template <Word T> void get(T& value) {
        std::underlying_type_t<T> raw{};
        get(raw);
        value = static_cast<T>(raw);
        if (!known(value)) good_ = false;
    }
    /// A view into the packet: it lives as long as the packet does.
    void get(std::string_view& text) {
        std::uint16_t length = 0;
        get(length);
        if (!has(length)) return;
        text = {reinterpret_cast<const char*>(in_.data()) + at_, length};
        at_ += length;
    }

    /// True if every field was there and nothing is left.
    [[nodiscard]] bool exact() const { return good_ && at_ == in_.size(); }

private:
    bool has(std::size_t more) {
        if (!good_ || in_.size() - at_ < more) good_ = false;
        return good_;
    }

    PacketView in_;
    std::size_t at_ = 0;
    bool good_ = true;
};

/// Writes `message` to `out` and gives its length. Errors: too_large.
template <class Message> [[nodiscard]] Result<std::size_t> encode(const Message& message, Packet out) {
    PacketWriter writer(out);
    writer.put(Message::kind);
    std::apply([&](const auto&... field) { (writer.put(field), ...); }, Message::fields(message));
    if (writer.size() == 0) return fail(Errc::too_large, "the message does not fit into a packet");
    return writer.size();
}

/// Reads a Message whose texts point into `packet`. Errors: malformed (wrong kind, a missing field, an unknown word,
/// one byte too many).
template <class Message> [[nodiscard]] Result<Message> decode(PacketView packet) {
    PacketReader reader(packet);
    std::uint8_t kind = 0;
    Message message;
    reader.get(kind);
    std::apply([&](auto&... field) { (reader.get(field), ...); }, Message::fields(message));
    if (kind != Message::kind || !reader.exact())
        return fail(Errc::malformed, "the packet is not the message it should be");
    return message;
}

/// The kind byte of a packet; 0, which no message has, for an empty one.
[[nodiscard]] inline std::uint8_t kind_of(PacketView packet) { return packet.empty() ? 0 : packet[0]; }

}  // namespace stepup::wire
