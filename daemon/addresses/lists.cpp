#include "daemon/addresses/lists.hpp"

#include <algorithm>
#include <fstream>

#include "common/printable.hpp"

namespace stepup {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_problems = 10;
constexpr std::size_t longest_line = 4096;

void complain(AddressLists& lists, std::string problem) {
    if (lists.problems.size() < most_problems) lists.problems.push_back(std::move(problem));
}

/// A line's entry, without remark and blanks.
std::string_view entry_of(std::string_view line) {
    line = line.substr(0, line.find_first_of("#;"));
    const auto first = line.find_first_not_of(" \t\r");
    if (first == line.npos) return {};
    return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

bool is_list(const fs::directory_entry& entry) {
    const auto name = entry.path().filename().native();
    std::error_code error;
    return entry.is_regular_file(error) && !name.starts_with('.') && !name.ends_with('~');
}

void read_list(const fs::path& path, AddressLists& lists, std::vector<Network>& networks) {
    std::ifstream file(path);
    std::string line;
    std::size_t number = 0;
    while (std::getline(file, line)) {
        ++number;
        const auto entry = line.size() <= longest_line ? entry_of(line) : std::string_view("a line too long");
        if (entry.empty()) continue;
        const auto network = Network::parse(entry);
        if (network)
            networks.push_back(*network);
        else
            complain(lists,
                     printable(path.native(), 4096) + ":" + std::to_string(number) + ": \"" + printable(entry, 64)
                         + "\" is no network; the line is passed over");
    }
    if (file.eof() && number > 0) return;
    std::error_code error;
    if (fs::file_size(path, error) == 0 && !error) return;
    lists.readable = false;
    complain(lists, printable(path.native(), 4096) + ": cannot be read");
}

}  // namespace

AddressLists read_lists(const fs::path& folder) {
    AddressLists lists;
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
        if (is_list(*at)) files.push_back(at->path());
    if (error && error != std::errc::no_such_file_or_directory) {
        lists.readable = false;
        complain(lists, printable(folder.native(), 4096) + ": " + error.message());
    }
    std::sort(files.begin(), files.end());
    std::vector<Network> networks;
    for (const auto& file : files) read_list(file, lists, networks);
    lists.networks = AddressSet(networks);
    return lists;
}

}  // namespace stepup
