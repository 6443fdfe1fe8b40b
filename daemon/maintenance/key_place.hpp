#pragma once

#include <string>
#include <string_view>

#include "common/random.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"

namespace stepup {

/// Whether the master key at `path` is sealed by systemd-creds, for this host's TPM or its own key: its name says so,
/// ".cred".
[[nodiscard]] bool is_sealed(const std::string& path);

/// The master key at `path`, sealed or not. Errors: as load_master_key, and corrupt (this host cannot open the seal).
[[nodiscard]] Result<Secret> read_master_key(const std::string& path);

/// What a file holds of a master key: its bytes, or those sealed.
struct KeyForm {
    Secret bare;
    std::string seal;
    [[nodiscard]] std::string_view text() const { return seal.empty() ? bare.reveal() : std::string_view(seal); }
};
/// What a file at `path` is to hold for `master`. Errors: unavailable (no systemd-creds, or it fails).
[[nodiscard]] Result<KeyForm> form_of_key(const std::string& path, const Secret& master);

/// Writes a new master key to `path`, durably, sealed where its name says so: then it never lies on a disk as it is.
/// Errors: conflict (there is one), unavailable.
[[nodiscard]] Result<> make_key_at(const std::string& path, StrongRandom& random);

}  // namespace stepup
