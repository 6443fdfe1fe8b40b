#pragma once

#include <memory>

#include "daemon/core/factor.hpp"

namespace stepup {

/// A FIDO2 key with which its owner logs in over SSH ("sk-…"). sshd has verified it; an answer is the fingerprint that
/// sshd's word comes to (keys_accepted_by_sshd), never anything typed, and Material::secret is the one enrolled.
[[nodiscard]] std::unique_ptr<Factor> make_ssh_security_key();

}  // namespace stepup
