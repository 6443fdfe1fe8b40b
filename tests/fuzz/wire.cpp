#include "common/wire.hpp"

#include <tuple>
#include <vector>

#include "tests/fuzz/fuzz.hpp"

// pam.sock's messages: whatever decodes encodes back to the same bytes, and no packet is two messages.

namespace {

using namespace stepup;
using fuzz::must;

template <class Message> bool decodes(wire::PacketView packet) {
    const auto message = wire::decode<Message>(packet);
    if (!message) {
        must(message.error().code == Errc::malformed, "a packet that is no message is malformed");
        return false;
    }
    std::vector<std::uint8_t> again(packet.size() + 1);
    const auto size = wire::encode(*message, again);
    must(size && *size == packet.size() && std::equal(packet.begin(), packet.end(), again.begin()),
         "what decodes encodes to the same bytes");
    must(!wire::decode<Message>({again.data(), packet.size() + 1}), "no byte may follow");
    must(!wire::decode<Message>(packet.first(packet.size() - 1)), "no byte may be missing");
    const auto tight = wire::encode(*message, wire::Packet(again).first(packet.size() - 1));
    must(!tight && tight.error().code == Errc::too_large, "a message is not encoded in part");
    return true;
}

template <class... Message> int count_decodings(wire::PacketView packet) {
    return (0 + ... + (decodes<Message>(packet) ? 1 : 0));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto messages = count_decodings<wire::Begin, wire::Ask, wire::Answer, wire::Verdict, wire::Withdraw,
                                          wire::Verify, wire::GetToken, wire::Token>({data, size});
    must(messages <= 1, "a packet is at most one message");
    return 0;
}
