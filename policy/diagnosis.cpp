#include "policy/diagnosis.hpp"

#include "common/printable.hpp"

namespace stepup {

std::string Diagnosis::text() const {
    if (line == 0) return file + ": " + message;
    return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

tl::unexpected<Diagnosis> about(const std::filesystem::path& path, std::string message) {
    return tl::unexpected<Diagnosis>(Diagnosis{.file = printable(path.native(), 4096), .message = std::move(message)});
}

}  // namespace stepup
