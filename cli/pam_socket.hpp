#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "cli/terminal.hpp"
#include "common/management_error.hpp"
#include "common/wire.hpp"

namespace stepup::cli {

struct VerifyWish {
    std::uint32_t max_age = 0;  ///< seconds; 0: ask in any case; wire::policy_window: as policy says
    bool may_ask = true;
    std::string factor;
};

struct Verified {
    Decision decision = Decision::denied;
    std::string text;  ///< what stepupd says about it, safe to print
};

/// What the kernel lets stepupd know of us, and the bus does not: which login session this process stands in. Each call
/// is one connection, and none trusts a server other than root or `stepup`.
class PamSocket {
public:
    explicit PamSocket(std::string path) : path_(std::move(path)) { }

    /// A token for one D-Bus call. Errors: unavailable (also where it takes longer than `patience`), rate_limited.
    [[nodiscard]] Managed<std::string> token(std::chrono::seconds patience = std::chrono::seconds(10)) const;
    /// Proves a factor at `terminal`, or tells that one was proved. Errors: unavailable.
    [[nodiscard]] Managed<Verified> verify(const VerifyWish& wish, Terminal& terminal) const;

private:
    [[nodiscard]] Managed<UniqueFd> connect(Deadline deadline) const;
    std::string path_;
};

}  // namespace stepup::cli
