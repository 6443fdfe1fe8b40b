#pragma once

#include <string>

#include "common/result.hpp"
#include "common/unique_fd.hpp"

namespace stepup {

/// The socket that systemd made for us under `name`, or else one that we make at `path` (mode 0666: anyone may knock,
/// the kernel says who did). SOCK_SEQPACKET, listening, non-blocking.
/// Errors: too_large (path), conflict (another daemon answers there), untrusted (systemd passed something else),
/// unavailable.
[[nodiscard]] Result<UniqueFd> listening_socket(const char* name, const std::string& path);

}  // namespace stepup
