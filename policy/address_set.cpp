#include "policy/address_set.hpp"

#include <algorithm>

namespace stepup {

AddressSet::AddressSet(const std::vector<Network>& networks) {
    std::vector<Range> v4;
    std::vector<Range> v6;
    for (const auto& [address, prefix] : networks)
        (address.is_v6() ? v6 : v4).push_back({address.network(prefix), address.last_of(prefix)});
    v4_ = joined(std::move(v4));
    v6_ = joined(std::move(v6));
}

/// Networks are nested or apart: behind one that begins it, whatever ends within is in it.
std::vector<AddressSet::Range> AddressSet::joined(std::vector<Range> ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const Range& a, const Range& b) { return a.first == b.first ? b.last < a.last : a.first < b.first; });
    std::vector<Range> kept;
    for (const auto& range : ranges)
        if (kept.empty() || kept.back().last < range.first) kept.push_back(range);
    kept.shrink_to_fit();
    return kept;
}

bool AddressSet::contains(const Address& address) const {
    const auto& ranges = address.is_v6() ? v6_ : v4_;
    const auto behind = std::upper_bound(ranges.begin(), ranges.end(), address,
                                         [](const Address& one, const Range& range) { return one < range.first; });
    return behind != ranges.begin() && !(std::prev(behind)->last < address);
}

}  // namespace stepup
