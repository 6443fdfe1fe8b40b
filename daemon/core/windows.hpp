#pragma once

#include <optional>

#include "daemon/core/ports.hpp"

namespace stepup {

/// A verification that is recent and strong enough where `peer` stands, and whether its terminal must be latched first.
struct Window {
    Verification verification;  ///< where two are needed, the older one
    Fit fit = Fit::no;
    std::vector<std::int64_t> latches{};  ///< verifications to latch, one after the other; then look again
};

/// The best window of `account` for `requirement`: the newest that fits as it is, else the newest that fits once
/// latched. Where two different factors are needed, two such verifications by different kinds are one window. A window
/// whose session has no opener any more is over, and so are all after a change of the password that `requirement` looks
/// for. Errors: those of Records.
[[nodiscard]] Result<std::optional<Window>> find_window(const Records& records, const ProcReader& proc,
                                                        const AccountKey& account, const Session& peer,
                                                        const Requirement& requirement, Instant now);

/// Binds `opens` to where `peer` stands: its terminal; without one its session if `requirement` lets it, else nowhere.
void bind(Verification& opens, const Session& peer, const Requirement& requirement);

/// True if `proved` are proofs enough for `requirement`: any, two of different kinds where that is needed, or a code
/// that an administrator handed out.
[[nodiscard]] bool suffices(const FactorSet& proved, const Requirement& requirement);
/// The same of what can be proved.
[[nodiscard]] bool suffices(const std::vector<Enrollment>& choices, const Requirement& requirement);

/// Those of `enrolled` that can answer here: active, permitted by `requirement` or handed out, of a kind this build
/// has, not used up, typed, and no factor weaker than another of them unless `requirement` lets it.
[[nodiscard]] std::vector<Enrollment> usable_among(std::vector<Enrollment> enrolled, const Factors& factors,
                                                   const Requirement& requirement);

/// usable_among() what `account` has enrolled. Errors: those of Records.
[[nodiscard]] Result<std::vector<Enrollment>> usable_choices(const Records& records, const Factors& factors,
                                                             const AccountKey& account, const Requirement& requirement,
                                                             Instant now);

}  // namespace stepup
