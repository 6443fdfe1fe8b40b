#include "daemon/storage/migrations.hpp"

#include <array>

namespace stepup {

std::span<const Migration> migrations() {
    static constexpr auto all = std::to_array<Migration>({
#include "daemon/storage/schema.inc"
    });
    return all;
}

}  // namespace stepup
