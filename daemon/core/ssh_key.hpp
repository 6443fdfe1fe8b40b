#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stepup {

/// A key with which a client has logged in, as far as it can be told again.
struct SshKey {
    std::string type;              ///< "ssh-ed25519"; of a certificate, the type of the key in it
    std::string fingerprint;       ///< "SHA256:…", as `ssh-keygen -l` prints it; of a certificate, of the key in it
    bool is_security_key = false;  ///< lives in a FIDO2 key ("sk-…"); whether that asked for a PIN, nobody tells us
    bool is_certified = false;     ///< came in a certificate
    [[nodiscard]] bool operator==(const SshKey&) const = default;
};

constexpr std::size_t most_ssh_keys = 8;  ///< that one login is known by

/// The public keys that sshd has accepted before it asks us: out of SSH_AUTH_INFO_0, a line a method that succeeded
/// (sshd_config(5), ExposeAuthInfo). A key is the same in whatever certificate it comes. What is not exactly such a
/// line about a type that we know, is no key; each key once, `most_ssh_keys` at most. Only as good as who says it.
[[nodiscard]] std::vector<SshKey> keys_accepted_by_sshd(std::string_view ssh_authenticated);

}  // namespace stepup
