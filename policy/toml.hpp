#pragma once

// toml++ as we use it: errors are values, and its code is compiled once, in toml.cpp.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>
