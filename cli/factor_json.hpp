#pragma once

#include <nlohmann/json.hpp>

#include "cli/stepup_client.hpp"

namespace stepup::cli {

[[nodiscard]] inline nlohmann::json json_of(const Factor& factor) {
    nlohmann::json json{{"id", factor.id},
                        {"type", factor.type},
                        {"label", factor.label},
                        {"strength", factor.strength},
                        {"active", factor.active},
                        {"primary", factor.primary},
                        {"enrolled", factor.enrolled},
                        {"last_used", factor.last_used}};
    if (factor.last_used == 0) json["last_used"] = nullptr;
    if (factor.issued > 0) json.update({{"left", factor.left}, {"issued", factor.issued}});
    return json;
}

}  // namespace stepup::cli
