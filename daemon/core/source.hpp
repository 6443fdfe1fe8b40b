#pragma once

#include <string>
#include <string_view>

namespace stepup {

/// The client's numeric address: the first word of SSH_CONNECTION, else PAM_RHOST if it is one; never resolved
/// (security.md V-83). IPv4-mapped IPv6 is IPv4; a zone is dropped. "" if there is none.
[[nodiscard]] std::string source_address(std::string_view ssh_connection, std::string_view remote_host);

/// Under what failures of `address` are counted: an IPv6 host has a whole /64 to come from.
[[nodiscard]] std::string source_limit_key(std::string_view address);

}  // namespace stepup
