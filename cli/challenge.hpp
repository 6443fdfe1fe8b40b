#pragma once

#include "cli/desk.hpp"

namespace stepup::cli {

/// `stepup verify --service`: shows what would satisfy policy there, lets one be picked, asks for its code.
Exit verify_for_service(Desk& desk);

}  // namespace stepup::cli
