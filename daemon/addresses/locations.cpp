#include "daemon/addresses/locations.hpp"

#include <array>

#include <maxminddb.h>

#include "common/printable.hpp"

namespace stepup {
namespace {

struct Close {
    void operator()(MMDB_s* database) const {
        MMDB_close(database);
        delete database;
    }
};

using Path = std::array<const char*, 3>;

std::string text_at(MMDB_entry_s& entry, const Path& path) {
    MMDB_entry_data_s found{};
    if (MMDB_aget_value(&entry, &found, path.data()) != MMDB_SUCCESS || !found.has_data) return {};
    if (found.type == MMDB_DATA_TYPE_UINT32) return std::to_string(found.uint32);
    if (found.type != MMDB_DATA_TYPE_UTF8_STRING) return {};
    return printable(std::string_view(found.utf8_string, found.data_size), 64);
}

}  // namespace

Locations Locations::open(const std::filesystem::path& path) {
    Locations locations;
    if (path.empty()) return locations;
    auto opened = std::make_unique<MMDB_s>();
    if (const int code = MMDB_open(path.c_str(), MMDB_MODE_MMAP, opened.get()); code != MMDB_SUCCESS) {
        locations.problem_ = path.native() + ": " + MMDB_strerror(code);
        return locations;
    }
    locations.database_ = std::shared_ptr<MMDB_s>(opened.release(), Close{});
    return locations;
}

std::string Locations::place_of(const Address& address) const {
    if (!database_) return {};
    int failed = 0;
    int error = MMDB_SUCCESS;
    auto found = MMDB_lookup_string(database_.get(), address.text().c_str(), &failed, &error);
    if (failed != 0 || error != MMDB_SUCCESS || !found.found_entry) return {};
    if (auto country = text_at(found.entry, {"country", "iso_code", nullptr}); !country.empty())
        return "country:" + country;
    const auto number = text_at(found.entry, {"autonomous_system_number", nullptr, nullptr});
    return number.empty() ? std::string() : "asn:" + number;
}

}  // namespace stepup
