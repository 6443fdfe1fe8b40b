#include "daemon/core/risk.hpp"

#include <gtest/gtest.h>

using namespace stepup;

namespace {

class NoBook final : public AddressBook {
public:
    std::string place;
    std::optional<bool> lists(const Address&) const override { return false; }
    std::string place_of(const Address&) const override { return place; }
};

Whence remote(const char* address, std::vector<std::string> keys = {}) {
    return {From::remote, Address::parse(address), std::move(keys)};
}

Signals signals_from(const Whence& whence, std::vector<Sighting> seen, std::optional<bool> listed = false) {
    const Habits habits{.seen = std::move(seen)};
    return signals_of({whence, habits, listed});
}

const Sighting the_key{Sighting::Kind::key, "SHA256:k1"};
const Sighting the_network{Sighting::Kind::network, "192.0.2.0/24"};
const Sighting the_country{Sighting::Kind::place, "country:DE"};

}  // namespace

TEST(Sightings, are_the_keys_the_network_and_the_place) {
    NoBook book;
    EXPECT_EQ(sightings_of(remote("192.0.2.7", {"SHA256:k1"}), book), (std::vector{the_key, the_network}));
    book.place = "country:DE";
    EXPECT_EQ(sightings_of(remote("192.0.2.7"), book), (std::vector{the_network, the_country}));
    EXPECT_EQ(sightings_of(remote("2001:db8:1:2::7"), NoBook()),
              (std::vector<Sighting>{{Sighting::Kind::network, "2001:db8:1:2::/64"}}));
    EXPECT_TRUE(sightings_of({From::local, {}}, book).empty());
    EXPECT_TRUE(sightings_of({From::remote, {}}, book).empty());
}

TEST(Signals, a_device_is_known_by_its_key_and_by_the_network_only_if_it_has_none_to_show) {
    const auto with_key = remote("192.0.2.7", {"SHA256:k1"});
    EXPECT_FALSE(signals_from(with_key, {the_key}).possible().contains(Signal::new_device));
    EXPECT_TRUE(signals_from(with_key, {the_network}).fired.contains(Signal::new_device));
    EXPECT_FALSE(signals_from(remote("192.0.2.7"), {the_network}).possible().contains(Signal::new_device));
    EXPECT_TRUE(signals_from(remote("192.0.2.7"), {}).fired.contains(Signal::new_device));
}

TEST(Signals, a_location_is_known_by_its_network_or_by_what_the_database_calls_it) {
    const auto known_key = remote("192.0.2.7", {"SHA256:k1"});
    EXPECT_TRUE(signals_from(known_key, {the_key}).fired.contains(Signal::new_location));
    EXPECT_FALSE(signals_from(known_key, {the_network}).possible().contains(Signal::new_location));
    EXPECT_FALSE(signals_from(known_key, {the_country}).possible().contains(Signal::new_location));
}

TEST(Signals, an_address_is_suspicious_by_the_lists_or_by_failures_and_nobody_can_tell_without_lists) {
    const auto whence = remote("192.0.2.7");
    EXPECT_TRUE(signals_from(whence, {}, true).fired.contains(Signal::suspicious_ip));
    EXPECT_FALSE(signals_from(whence, {}, false).possible().contains(Signal::suspicious_ip));
    EXPECT_TRUE(signals_from(whence, {}, std::nullopt).untold.contains(Signal::suspicious_ip));
    const Habits habits;
    EXPECT_TRUE(signals_of({whence, habits, false, true}).fired.contains(Signal::suspicious_ip));
}

TEST(Signals, nobody_local_is_new_or_suspicious) {
    EXPECT_EQ(signals_from({From::local, {}}, {}, std::nullopt), (Signals{.fired = {}, .untold = {}}));
}

TEST(Signals, of_who_comes_from_nobody_knows_where_only_the_password_is_known) {
    const auto unknown = signals_from({}, {the_key, the_network});
    EXPECT_TRUE(unknown.fired.empty());
    EXPECT_EQ(unknown.untold, (SignalSet{Signal::new_device, Signal::new_location, Signal::suspicious_ip}));
    EXPECT_EQ(signals_from({From::remote, {}}, {}).untold, unknown.untold) << "remote, at an unknown address";
}

TEST(Signals, a_changed_password_fires_also_at_the_machine_itself) {
    const Whence console{From::local, {}};
    const Habits habits{.password_changed = true};
    EXPECT_EQ(signals_of({console, habits}).fired, SignalSet{Signal::after_password_change});
}
