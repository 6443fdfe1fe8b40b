#include "daemon/addresses/directory.hpp"

namespace stepup {

void AddressDirectory::load() {
    again_ = loading_;
    if (loading_) return;
    loading_ = true;
    auto fresh = std::make_shared<Contents>();
    run_(
        [fresh, lists = lists_path_, locations = locations_path_] {
            *fresh = {read_lists(lists), Locations::open(locations)};
        },
        [this, fresh] { take(std::move(*fresh)); });
}

void AddressDirectory::take(Contents fresh) {
    loading_ = false;
    for (const auto& problem : fresh.lists.problems) tell_(problem);
    if (!fresh.locations.problem().empty()) tell_(fresh.locations.problem());
    if (fresh.lists.readable) networks_ = std::move(fresh.lists.networks);
    if (fresh.locations.problem().empty()) locations_ = std::move(fresh.locations);
    if (again_) load();
}

std::optional<bool> AddressDirectory::lists(const Address& address) const {
    if (!networks_) return std::nullopt;
    return networks_->contains(address);
}

std::string AddressDirectory::place_of(const Address& address) const { return locations_.place_of(address); }

}  // namespace stepup
