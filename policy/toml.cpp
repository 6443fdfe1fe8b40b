#define TOML_IMPLEMENTATION
#include "policy/toml.hpp"
