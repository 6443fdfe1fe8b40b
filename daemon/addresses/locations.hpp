#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "policy/networks.hpp"

struct MMDB_s;

namespace stepup {

/// A location database in MaxMind's format (https://maxmind.github.io/MaxMind-DB/), or none.
class Locations {
public:
    /// Maps the file at `path`; "": there is none.
    [[nodiscard]] static Locations open(const std::filesystem::path& path);

    /// "country:DE", or "asn:3320" in a database of network operators; "" where it says nothing, or there is none.
    [[nodiscard]] std::string place_of(const Address& address) const;
    /// Why the file cannot be used; "" if it can, or if there is none.
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    std::shared_ptr<MMDB_s> database_;
    std::string problem_;
};

}  // namespace stepup
