#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include <string.h>  // explicit_bzero

namespace stepup {

/// A short secret that wipes itself: in place, move-only, no comparison and no printing.
/// Holds at most 512 bytes, PAM's own limit for one answer (PAM_MAX_RESP_SIZE).
class Secret {
public:
    static constexpr std::size_t capacity = 512;

    Secret() = default;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret(Secret&& other) noexcept { move_from(other); }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            wipe();
            move_from(other);
        }
        return *this;
    }
    ~Secret() { wipe(); }

    /// Copies `from` and wipes it there. False (and `from` wiped all the same) if it is longer than `capacity`.
    [[nodiscard]] bool take(std::span<char> from) {
        const bool fits = copy(std::string_view(from.data(), from.size()));
        explicit_bzero(from.data(), from.size());
        return fits;
    }

    /// Copies `from`, which stays as it is. False if it is longer than `capacity`.
    [[nodiscard]] bool copy(std::string_view from) {
        wipe();
        if (from.size() > capacity) return false;
        if (!from.empty()) std::memcpy(bytes_.data(), from.data(), from.size());
        size_ = from.size();
        return true;
    }

    /// The one word to grep for: whoever reads the secret says so.
    [[nodiscard]] std::string_view reveal() const { return {bytes_.data(), size_}; }

    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t size() const { return size_; }

    void wipe() {
        explicit_bzero(bytes_.data(), size_);
        size_ = 0;
    }

private:
    void move_from(Secret& other) {
        std::memcpy(bytes_.data(), other.bytes_.data(), other.size_);
        size_ = other.size_;
        other.wipe();
    }

    std::array<char, capacity> bytes_;  // only the first size_ bytes mean anything
    std::size_t size_ = 0;
};

}  // namespace stepup
