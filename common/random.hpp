#pragma once

#include <span>
#include <string>

namespace stepup {

/// Source of bytes nobody can guess. Secrets, tokens and challenges are made from this type only.
class StrongRandom {
public:
    virtual ~StrongRandom() = default;
    /// Fills `out`. Cannot fail: the kernel's generator blocks only before it was seeded at boot.
    virtual void fill(std::span<char> out) = 0;

    [[nodiscard]] std::string bytes(std::size_t count) {
        std::string out(count, '\0');
        fill(out);
        return out;
    }
};

/// getrandom(2).
class KernelRandom final : public StrongRandom {
public:
    void fill(std::span<char> out) override;
};

}  // namespace stepup
