#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace stepup {

/// A set of enumerators of `E`, which are 0 to 31.
template <class E> class EnumSet {
public:
    constexpr EnumSet() = default;
    constexpr EnumSet(std::initializer_list<E> members) {
        for (const auto member : members) insert(member);
    }
    constexpr void insert(E member) { bits_ |= bit(member); }
    constexpr void erase(E member) { bits_ &= ~bit(member); }
    [[nodiscard]] constexpr bool contains(E member) const { return (bits_ & bit(member)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] constexpr std::size_t size() const { return static_cast<std::size_t>(std::popcount(bits_)); }
    /// What is in both.
    [[nodiscard]] friend constexpr EnumSet operator&(EnumSet one, EnumSet other) {
        one.bits_ &= other.bits_;
        return one;
    }
    /// What is in one or the other.
    [[nodiscard]] friend constexpr EnumSet operator|(EnumSet one, EnumSet other) {
        one.bits_ |= other.bits_;
        return one;
    }
    [[nodiscard]] constexpr bool operator==(const EnumSet&) const = default;

private:
    static constexpr std::uint32_t bit(E member) { return std::uint32_t{1} << static_cast<unsigned>(member); }
    std::uint32_t bits_ = 0;
};

}  // namespace stepup
