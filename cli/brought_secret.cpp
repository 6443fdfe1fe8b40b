#include "cli/brought_secret.hpp"

#include <array>
#include <chrono>

#include <unistd.h>

#include "common/bytes.hpp"

namespace stepup::cli {
namespace {

using enum ManagementError;

constexpr std::chrono::minutes patience{5};

std::optional<Secret> first_line_of_input() {
    std::array<char, Secret::capacity> line{};
    std::size_t size = 0;
    while (size < line.size() && ::read(STDIN_FILENO, &line.at(size), 1) == 1 && line.at(size) != '\n') ++size;
    Secret secret;
    (void)secret.take(std::span(line.data(), size));
    if (secret.empty()) return std::nullopt;
    return secret;
}

std::optional<Secret> typed(Desk& desk) {
    auto line = desk.terminal.ask("Secret of the token (not shown): ", wire::Echo::off,
                                  std::chrono::steady_clock::now() + patience);
    if (auto* secret = std::get_if<Secret>(&line)) return std::move(*secret);
    return std::nullopt;
}

Secret without_gaps(const Secret& given) {
    std::array<char, Secret::capacity> kept{};
    std::size_t size = 0;
    for (const char c : given.reveal())
        if (c != ' ' && c != '-' && c != '\t' && c != '\r') kept.at(size++) = c;
    Secret dense;
    (void)dense.take({kept.data(), size});  // no longer than what was given
    return dense;
}

Managed<Secret> base32_of_hex(const Secret& hex) {
    auto raw = from_hex(hex.reveal());
    if (!raw)
        return refuse(invalid_argument, "That is no hexadecimal secret: it has digits and letters A to F, in pairs.");
    auto text = to_base32(*raw);
    Secret secret;
    const bool fits = secret.copy(text);
    bus::wipe(*raw);
    bus::wipe(text);
    if (!fits) return refuse(invalid_argument, "That secret is too long.");
    return secret;
}

}  // namespace

Managed<Secret> brought_secret(Desk& desk) {
    const bool may_ask = ::isatty(STDIN_FILENO) == 1 && !desk.options.no_prompt;
    auto given = may_ask ? typed(desk) : first_line_of_input();
    if (!given)
        return refuse(invalid_argument,
                      "No secret was given. Type it at the terminal, or let standard input be a line that holds it.");
    auto secret = without_gaps(*given);
    if (desk.options.hex) return base32_of_hex(secret);
    return secret;
}

}  // namespace stepup::cli
