#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/addresses/lists.hpp"
#include "daemon/addresses/locations.hpp"
#include "daemon/core/risk.hpp"

namespace stepup {

/// What this host's files know about addresses. They are read on a thread of their own, so that no login waits while a
/// million lines are; what was read before holds meanwhile, and stays where a file cannot be read any more.
class AddressDirectory final : public AddressBook {
public:
    /// Told, line by line, what was wrong with the files.
    using Tell = std::function<void(const std::string&)>;
    /// Does `work` elsewhere, then `then` here.
    using Run = std::function<void(std::function<void()> work, std::function<void()> then)>;

    AddressDirectory(std::filesystem::path lists, std::filesystem::path locations, Run run, Tell tell)
        : lists_path_(std::move(lists)),
          locations_path_(std::move(locations)),
          run_(std::move(run)),
          tell_(std::move(tell)) { }

    /// Reads the files before it returns.
    void load_now() { take({read_lists(lists_path_), Locations::open(locations_path_)}); }
    /// Reads the files again. Whatever comes while they are read makes that happen once more.
    void load();
    [[nodiscard]] std::optional<bool> lists(const Address& address) const override;
    [[nodiscard]] std::string place_of(const Address& address) const override;

private:
    struct Contents {
        AddressLists lists;
        Locations locations;
    };
    void take(Contents fresh);

    std::filesystem::path lists_path_;
    std::filesystem::path locations_path_;
    Run run_;
    Tell tell_;
    std::optional<AddressSet> networks_;  ///< nothing: the lists never could be read
    Locations locations_;
    bool loading_ = false;
    bool again_ = false;
};

}  // namespace stepup
