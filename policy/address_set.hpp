#pragma once

#include <array>
#include <vector>

#include "policy/networks.hpp"

namespace stepup {

/// Any number of networks, for looking up one address among them: about twenty comparisons in a million.
class AddressSet {
public:
    AddressSet() = default;
    explicit AddressSet(const std::vector<Network>& networks);

    [[nodiscard]] bool contains(const Address& address) const;
    /// What is left of the networks once those that touch are joined.
    [[nodiscard]] std::size_t ranges() const { return v4_.size() + v6_.size(); }

private:
    struct Range {
        Address first;
        Address last;
    };
    [[nodiscard]] static std::vector<Range> joined(std::vector<Range> ranges);

    std::vector<Range> v4_;  ///< in order, none touching another
    std::vector<Range> v6_;
};

}  // namespace stepup
