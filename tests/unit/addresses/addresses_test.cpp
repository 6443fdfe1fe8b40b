#include <filesystem>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "daemon/addresses/directory.hpp"

using namespace stepup;
namespace fs = std::filesystem;

namespace {

Address address(const char* text) { return *Address::parse(text); }
Network network(const char* text) { return *Network::parse(text); }

struct AddressesTest : testing::Test {
    ~AddressesTest() override { fs::remove_all(folder); }
    void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name) << text; }
    static fs::path new_folder() {
        std::string name = fs::temp_directory_path() / "stepup-lists-XXXXXX";
        return ::mkdtemp(name.data());
    }
    fs::path folder = new_folder();
    std::vector<std::string> told;
    AddressDirectory directory{folder,
                               {},
                               [](auto work, auto then) { work(), then(); },
                               [this](const std::string& problem) { told.push_back(problem); }};
};

}  // namespace

TEST(AddressSet, contains_what_one_of_its_networks_does_and_nothing_else) {
    const AddressSet set(
        {network("10.0.0.0/8"), network("10.9.0.0/16"), network("192.0.2.7"), network("2001:db8::/32")});
    EXPECT_EQ(set.ranges(), 3U);
    for (const auto* in : {"10.0.0.0", "10.255.255.255", "10.9.1.1", "192.0.2.7", "2001:db8::1",
                           "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"})
        EXPECT_TRUE(set.contains(address(in))) << in;
    for (const auto* out :
         {"9.255.255.255", "11.0.0.0", "192.0.2.6", "192.0.2.8", "2001:db7:ffff::", "2001:db9::", "::"})
        EXPECT_FALSE(set.contains(address(out))) << out;
    EXPECT_FALSE(AddressSet().contains(address("10.0.0.1")));
    EXPECT_TRUE(AddressSet({network("0.0.0.0/0")}).contains(address("255.255.255.255")));
}

TEST(AddressSet, agrees_with_asking_each_network_in_turn) {
    std::mt19937 random(1);
    std::vector<Network> networks;
    const auto any = [&] {
        const auto part = [&] { return std::to_string(random() % 4); };
        return address((part() + "." + part() + "." + part() + "." + part()).c_str());
    };
    for (int i = 0; i < 60; ++i) {
        const auto prefix = static_cast<unsigned>(12 + random() % 21);
        networks.push_back({any().network(prefix), prefix});
    }
    const AddressSet set(networks);
    for (int i = 0; i < 20'000; ++i) {
        const auto one = any();
        const bool is_in
            = std::any_of(networks.begin(), networks.end(), [&](const auto& each) { return each.contains(one); });
        ASSERT_EQ(set.contains(one), is_in) << one.text();
    }
}

TEST_F(AddressesTest, takes_every_file_of_the_folder_and_passes_over_what_is_no_network_by_name) {
    write("a.netset", "# a list\n10.0.0.0/8 ; a remark\n\n  192.0.2.7\r\nexample.org\n10.0.0.0/33\n");
    write("b", "2001:db8::/32");
    write(".hidden", "198.51.100.1\n");
    write("b~", "198.51.100.2\n");
    directory.load();
    for (const auto* in : {"10.1.1.1", "192.0.2.7", "2001:db8::1"}) EXPECT_EQ(directory.lists(address(in)), true) << in;
    for (const auto* out : {"198.51.100.1", "198.51.100.2"}) EXPECT_EQ(directory.lists(address(out)), false) << out;
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0], (folder / "a.netset").string() + ":5: \"example.org\" is no network; the line is passed over");
}

TEST_F(AddressesTest, a_folder_that_is_not_there_lists_nobody_and_one_that_cannot_be_read_nobody_can_tell) {
    fs::remove_all(folder);
    directory.load();
    EXPECT_EQ(directory.lists(address("10.0.0.1")), false);
    std::ofstream(folder.string()) << "a file where the folder should be";
    AddressDirectory other{folder, {}, [](auto work, auto then) { work(), then(); }, [](const std::string&) {}};
    EXPECT_EQ(other.lists(address("10.0.0.1")), std::nullopt) << "nothing was read yet";
    other.load();
    EXPECT_EQ(other.lists(address("10.0.0.1")), std::nullopt);
}

TEST_F(AddressesTest, keeps_what_it_read_where_the_folder_cannot_be_read_any_more) {
    write("a", "10.0.0.0/8\n");
    directory.load();
    fs::remove_all(folder);
    std::ofstream(folder.string()) << "a file where the folder was";
    directory.load();
    EXPECT_EQ(directory.lists(address("10.0.0.1")), true);
    EXPECT_EQ(told.size(), 1U);
}

TEST_F(AddressesTest, reads_once_more_when_something_changed_while_it_read) {
    std::function<void()> finish;
    AddressDirectory slow{folder, {}, [&](auto work, auto then) { work(), finish = then; }, [](const std::string&) {}};
    slow.load();
    write("a", "10.0.0.0/8\n");
    slow.load();
    auto first = std::exchange(finish, nullptr);
    first();
    EXPECT_EQ(slow.lists(address("10.0.0.1")), false);
    ASSERT_TRUE(finish);
    finish();
    EXPECT_EQ(slow.lists(address("10.0.0.1")), true);
}

TEST_F(AddressesTest, a_location_database_that_is_none_is_named_and_gives_no_place) {
    write("places.mmdb", "not a database");
    AddressDirectory with{folder / "none", folder / "places.mmdb", [](auto work, auto then) { work(), then(); },
                          [this](const std::string& problem) { told.push_back(problem); }};
    with.load();
    EXPECT_EQ(with.place_of(address("10.0.0.1")), "");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told[0].find("places.mmdb: "), std::string::npos);
}
