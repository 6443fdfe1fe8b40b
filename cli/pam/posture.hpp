#pragma once

#include <string>
#include <vector>

#include "cli/pam/stack.hpp"

namespace stepup::pam {

/// One thing that is to be known about a service's stacks.
struct Remark {
    enum class Weight : std::uint8_t {
        opens,   ///< somebody gets in without a factor, or without a password
        closes,  ///< nobody gets in
        weak,    ///< worth a look
    } weight;
    std::string what;  ///< a sentence
    std::string fix;   ///< another
};

/// What the stacks of one service come to.
struct Posture {
    std::string service;
    bool auth = false, account = false, session = false;  ///< where our line is in the effective stack
    std::vector<Remark> remarks;                          ///< none: as shipped

    /// Whether any line is ours.
    [[nodiscard]] bool is_gated() const { return auth || account || session; }
    [[nodiscard]] bool has(Remark::Weight weight) const;
};

/// The stacks of one service in each phase that matters to us.
struct Stacks {
    Stack auth, account, session;
};

[[nodiscard]] Stacks stacks_of(const Places& places, const std::string& service);

/// What `service` comes to with these stacks.
[[nodiscard]] Posture posture_of(const std::string& service, const Stacks& stacks);

/// Whether our line in auth stands behind sshd's keys, in the place of a password.
[[nodiscard]] bool asks_after_key(const Stack& auth);

/// Whether auth lets in whoever proves nothing: every check fails.
[[nodiscard]] bool lets_anybody_in(const Stack& auth);

}  // namespace stepup::pam
