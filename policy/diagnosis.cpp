#include "policy/diagnosis.hpp"

namespace stepup {

std::string Diagnosis::text() const {
    if (line == 0) return file + ": " + message;
    return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

}  // namespace stepup
