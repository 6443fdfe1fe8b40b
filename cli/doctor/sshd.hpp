#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stepup::doctor {

/// What matters to us of sshd's configuration, as `sshd -T` tells it: what is in force outside of Match blocks.
struct SshdSettings {
    bool use_pam = false;
    bool keyboard_interactive = false;
    std::string authentication_methods = "any";
    std::uint32_t max_auth_tries = 6;
    std::uint32_t login_grace = 120;   ///< seconds; 0: for ever
    bool verify_required = false;      ///< security keys count only where they checked a PIN or a finger
    std::string per_source_penalties;  ///< empty: this sshd knows none
};

/// Reads what `sshd -T` prints.
[[nodiscard]] SshdSettings read_sshd(std::string_view printed);

[[nodiscard]] bool has_sshd();
/// Asks this host's sshd, about a connection that `probe` describes (as sshd -C takes it); nothing: it does not tell.
[[nodiscard]] std::optional<SshdSettings> ask_sshd(const std::string& probe = "");

/// The file that we put beside sshd_config, and what it says; with `key`: a key and then a code.
constexpr const char* sshd_config = "/etc/ssh/sshd_config";
constexpr const char* sshd_drop_in = "/etc/ssh/sshd_config.d/00-stepup.conf";
[[nodiscard]] std::string sshd_drop_in_text(bool key);
/// Whether a file there is ours to take away.
[[nodiscard]] bool is_our_drop_in(std::string_view text);

/// Why sshd does not heed that file although it is there, and what to do, as a sentence. `config`: sshd_config.
[[nodiscard]] std::string why_drop_in_is_not_heeded(std::string_view config, bool key);

/// Whether a code can be asked for; else what is wrong, as a sentence.
[[nodiscard]] std::optional<std::string> why_sshd_cannot_ask(const SshdSettings& settings, bool key);

}  // namespace stepup::doctor
