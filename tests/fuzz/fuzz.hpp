#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

// What every target begins with. A target is one function that is shown arbitrary bytes: by libFuzzer in build-fuzz, by
// replay.cpp in every other build.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace stepup::fuzz {

/// The oracle: what must hold for every input. Otherwise the program ends as by a crash, and the input is kept.
inline void must(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// Reads decisions and texts off the front of an input; past its end everything is 0 or "".
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) { }

    [[nodiscard]] bool empty() const { return rest_.empty(); }
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const auto first = static_cast<std::uint8_t>(rest_[0]);
        rest_.remove_prefix(1);
        return first;
    }
    /// 0 to `most`.
    std::size_t up_to(std::size_t most) { return byte() % (most + 1); }
    /// True once in `odds` values.
    bool once_in(std::uint8_t odds) { return byte() % odds == odds - 1; }
    std::uint32_t number() {
        std::uint32_t value = 0;
        for (int i = 0; i < 4; ++i) value = value << 8U | byte();
        return value;
    }
    /// A length byte and so many bytes.
    std::string text() { return take(byte()); }
    std::string all() { return take(rest_.size()); }
    /// What comes before the next `mark`, which is dropped.
    std::string until(char mark) {
        const auto end = std::min(rest_.find(mark), rest_.size());
        auto part = take(end);
        if (!rest_.empty()) rest_.remove_prefix(1);
        return part;
    }

private:
    std::string take(std::size_t most) {
        std::string taken(rest_.substr(0, most));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view rest_;
};

}  // namespace stepup::fuzz
