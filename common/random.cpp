#include "common/random.hpp"

#include <cerrno>
#include <stdexcept>

#include <sys/random.h>

namespace stepup {

void KernelRandom::fill(std::span<char> out) {
    while (!out.empty()) {
        const auto got = ::getrandom(out.data(), out.size(), 0);
        if (got > 0)
            out = out.subspan(static_cast<std::size_t>(got));
        else if (errno != EINTR)
            throw std::runtime_error("getrandom failed");
    }
}

}  // namespace stepup
