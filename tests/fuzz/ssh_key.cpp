#include "daemon/core/ssh_key.hpp"

#include <array>
#include <set>

#include <openssl/evp.h>

#include "tests/fuzz/fuzz.hpp"

// Keys and certificates in SSH_AUTH_INFO_0: whatever stands there, and ones that are made of whatever the input says.

namespace {

using namespace stepup;
using fuzz::must;

struct Type {
    const char* name;
    const char* in_certificate;
    std::size_t strings;
};
constexpr std::array types{
    Type{"ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com", 1},
    Type{"ssh-rsa", "ssh-rsa-cert-v01@openssh.com", 2},
    Type{"sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519-cert-v01@openssh.com", 2},
    Type{"sk-ecdsa-sha2-nistp256@openssh.com", "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", 3},
};

std::string written(const std::string& bytes) {
    std::string size;
    for (unsigned shift = 32; shift > 0; shift -= 8) size.push_back(static_cast<char>(bytes.size() >> (shift - 8)));
    return size + bytes;
}

std::string base64(const std::string& raw) {
    std::string out(raw.size() * 2 + 8, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(raw.data()), static_cast<int>(raw.size()));
    return out.substr(0, static_cast<std::size_t>(size));
}

std::string line(const std::string& type, const std::string& blob) {
    return "publickey " + type + " " + base64(blob) + "\n";
}

std::string fingerprint(const std::string& blob) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(blob.data(), blob.size(), digest.data(), &size, EVP_sha256(), nullptr);
    return "SHA256:" + base64({reinterpret_cast<const char*>(digest.data()), size}).substr(0, 43);
}

void read_whatever(const std::string& said) {
    const auto keys = keys_accepted_by_sshd(said);
    must(keys.size() <= most_ssh_keys, "a login is known by few keys");
    std::set<std::string> fingerprints;
    for (const auto& key : keys) {
        must(key.fingerprint.size() == 50 && key.fingerprint.starts_with("SHA256:"), "a fingerprint is one");
        must(fingerprints.insert(key.fingerprint).second, "a key counts once");
        must(key.is_security_key == key.type.starts_with("sk-"), "the type says where it lives");
        must(said.find("publickey " + key.type.substr(0, key.type.find('@'))) != said.npos, "it was said");
    }
}

void read_what_is_made(fuzz::Input& input) {
    const auto& type = types[input.up_to(types.size() - 1)];
    std::string strings;
    for (std::size_t i = 0; i < type.strings; ++i) strings += written(input.text());
    const auto blob = written(type.name) + strings;
    const auto plain = keys_accepted_by_sshd(line(type.name, blob));
    must(plain.size() == 1 && plain[0].type == type.name && !plain[0].is_certified, "a key is read");
    must(plain[0].fingerprint == fingerprint(blob), "by its own bytes");

    auto certificate = written(type.in_certificate) + written(input.text()) + strings + std::string(12, 'n');
    for (int i = 0; i < 2; ++i) certificate += written(input.text());
    certificate += std::string(16, 't');
    for (int i = 0; i < 5; ++i) certificate += written(input.text());
    const auto certified = keys_accepted_by_sshd(line(type.in_certificate, certificate));
    must(certified.size() == 1 && certified[0].is_certified, "a certificate is read");
    must(certified[0].fingerprint == plain[0].fingerprint && certified[0].type == type.name, "it is the key in it");

    must(keys_accepted_by_sshd(line(type.name, blob + "x")).empty(), "a byte too many is no key");
    must(keys_accepted_by_sshd(line(type.in_certificate, certificate + "x")).empty(), "nor a certificate");
    must(keys_accepted_by_sshd(line(type.in_certificate, certificate.substr(0, certificate.size() - 1))).empty(),
         "one too few neither");
    must(keys_accepted_by_sshd(line(type.in_certificate, blob)).empty(), "a key is no certificate");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    if (input.once_in(2))
        read_what_is_made(input);
    else
        read_whatever(input.all());
    return 0;
}
