#pragma once

#include <sys/types.h>

namespace stepup::cli {

/// polkit's agent for this terminal, as long as this object lives: what asks an administrator for his password. Where
/// it is not installed, nobody is asked.
class TextAgent {
public:
    TextAgent();
    ~TextAgent();
    TextAgent(const TextAgent&) = delete;
    TextAgent& operator=(const TextAgent&) = delete;

private:
    pid_t agent_ = -1;
};

}  // namespace stepup::cli
