#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "cli/pam/stack.hpp"

namespace stepup::pam {

/// What a module may answer in a question about a stack.
using Answers = std::function<std::vector<Code>(const Entry&)>;

/// How a stack can be passed.
struct Way {
    /// The line that ended it before ours, or jumped over ours; nothing: none did.
    const Entry* decisive = nullptr;
};

/// Which ways count.
enum class Asking : std::uint8_t { any, ours, without_ours };

/// Whether libpam can end in success, if every module answers one of what `answers` gives; all ways are tried, by the
/// rules of pam_dispatch.c (Linux-PAM 1.5). `also`: another result that programs let in on (account: an expired
/// password, which they have changed first).
[[nodiscard]] std::optional<Way> passes(const Stack& stack, const Answers& answers,
                                        std::optional<Code> also = std::nullopt, Asking asking = Asking::any);

/// The first line that jumps over one that `fits`; null: none does. It counts lines, so it leads elsewhere as soon as
/// one that it jumps over comes or goes.
[[nodiscard]] const Entry* jump_over(const Stack& stack, const std::function<bool(const Entry&)>& fits);

/// Every code that makes a difference to this line.
[[nodiscard]] std::vector<Code> any_answer(const Entry& entry);

}  // namespace stepup::pam
