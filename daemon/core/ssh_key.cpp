#include "daemon/core/ssh_key.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <openssl/evp.h>
#include <openssl/sha.h>

namespace stepup {
namespace {

/// How a public key is written (RFC 4253 §6.6, RFC 5656, RFC 8709, PROTOCOL.u2f): its name, then so many strings. A
/// certificate (PROTOCOL.certkeys) has its own name, a nonce, the same strings, and what its issuer says.
struct KeyType {
    std::string_view name;
    std::string_view in_certificate;
    unsigned strings;
    bool is_security_key;
};

constexpr std::array key_types{
    KeyType{"ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com", 1, false},
    KeyType{"ssh-rsa", "ssh-rsa-cert-v01@openssh.com", 2, false},
    KeyType{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256-cert-v01@openssh.com", 2, false},
    KeyType{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384-cert-v01@openssh.com", 2, false},
    KeyType{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521-cert-v01@openssh.com", 2, false},
    KeyType{"sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519-cert-v01@openssh.com", 2, true},
    KeyType{"sk-ecdsa-sha2-nistp256@openssh.com", "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", 3, true},
};

std::string encoded(std::string_view raw) {
    std::string text((raw.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(raw.data()), static_cast<int>(raw.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

/// Base64 with its padding (RFC 4648 §4); nothing if it is not exactly what encoding gives.
std::optional<std::string> decoded(std::string_view text) {
    std::string raw(text.size() / 4 * 3 + 3, '\0');
    const int size
        = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(raw.data()),
                          reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    const auto padding = text.size() - std::min(text.find('='), text.size());
    if (size < 0 || padding > 2 || static_cast<std::size_t>(size) < padding) return std::nullopt;
    raw.resize(static_cast<std::size_t>(size) - padding);
    return encoded(raw) == text ? std::optional(raw) : std::nullopt;
}

/// Reads SSH's binary values off the front (RFC 4251 §5). Once something is missing, everything is.
class Blob {
public:
    explicit Blob(std::string_view bytes) : rest_(bytes) { }

    /// `size` bytes as they stand.
    std::string_view bytes(std::size_t size) {
        if (size > rest_.size()) broken_ = true;
        if (broken_) return {};
        const auto front = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return front;
    }
    /// The content of the string that stands here.
    std::string_view string() {
        std::size_t size = 0;
        for (const char byte : bytes(4)) size = size << 8U | static_cast<unsigned char>(byte);
        return bytes(size);
    }
    /// `count` strings with their lengths, as they stand.
    std::string_view strings(unsigned count) {
        const auto from = rest_;
        for (unsigned i = 0; i < count; ++i) (void)string();
        return from.substr(0, from.size() - rest_.size());
    }
    [[nodiscard]] bool is_whole() const { return !broken_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool broken_ = false;
};

/// `name` as an SSH string; names of types are short.
std::string written(std::string_view name) {
    std::string bytes(3, '\0');
    bytes.push_back(static_cast<char>(name.size()));
    return bytes.append(name);
}

std::string fingerprint_of(const std::string& blob) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(blob.data()), blob.size(), digest.data());
    auto text = encoded({reinterpret_cast<const char*>(digest.data()), digest.size()});
    return "SHA256:" + text.substr(0, text.find('='));
}

/// What the issuer says, from serial to signature. sshd has judged it: here it only must be there.
void skip_issuers_part(Blob& blob) {
    constexpr std::size_t serial_and_type = 8 + 4;
    constexpr std::size_t validity = 8 + 8;
    (void)blob.bytes(serial_and_type);
    (void)blob.strings(2);  // key id, principals
    (void)blob.bytes(validity);
    (void)blob.strings(5);  // critical options, extensions, reserved, signature key, signature
}

std::optional<SshKey> read_key(std::string_view type, std::string_view base64) {
    const auto* const row = std::find_if(key_types.begin(), key_types.end(), [&](const KeyType& each) {
        return type == each.name || type == each.in_certificate;
    });
    if (row == key_types.end()) return std::nullopt;
    const auto raw = decoded(base64);
    if (!raw) return std::nullopt;
    const bool is_certified = type == row->in_certificate;
    Blob blob(*raw);
    if (blob.string() != type) return std::nullopt;
    if (is_certified) (void)blob.string();  // the nonce, another one each time
    const auto key = blob.strings(row->strings);
    if (is_certified) skip_issuers_part(blob);
    if (!blob.is_whole()) return std::nullopt;
    return SshKey{std::string(row->name), fingerprint_of(written(row->name).append(key)), row->is_security_key,
                  is_certified};
}

/// Takes what stands before the next `mark` off the front of `text`, and the mark.
std::string_view split_off(std::string_view& text, char mark) {
    const auto end = std::min(text.find(mark), text.size());
    const auto part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

}  // namespace

std::vector<SshKey> keys_accepted_by_sshd(std::string_view ssh_authenticated) {
    std::vector<SshKey> keys;
    while (!ssh_authenticated.empty() && keys.size() < most_ssh_keys) {
        auto line = split_off(ssh_authenticated, '\n');
        if (split_off(line, ' ') != "publickey") continue;  // "hostbased" names a key, too: the host's
        const auto type = split_off(line, ' ');
        auto key = read_key(type, line);
        const auto is_same = [&](const SshKey& each) { return each.fingerprint == key->fingerprint; };
        if (key && std::none_of(keys.begin(), keys.end(), is_same)) keys.push_back(std::move(*key));
    }
    return keys;
}

}  // namespace stepup
