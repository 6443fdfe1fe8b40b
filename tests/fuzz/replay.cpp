#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

#include "tests/fuzz/fuzz.hpp"

// In place of libFuzzer, for any compiler: shows the target every file of a corpus, whole and cut short.

namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// Shows the target `bytes` in a block of its own, so that a sanitizer sees every byte read past the end.
void show(const std::vector<std::uint8_t>& bytes, std::size_t size) {
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

}  // namespace

int main(int count, char** arguments) {
    int shown = 0;
    for (int i = 1; i < count; ++i)
        for (const auto& entry : fs::directory_iterator(arguments[i])) {
            std::cout << entry.path().filename().string() << std::endl;  // flushed: the last one named is the culprit
            const auto bytes = bytes_of(entry.path());
            for (std::size_t parts = 1; parts <= 8; ++parts) show(bytes, bytes.size() * parts / 8);
            ++shown;
        }
    std::cout << shown << " inputs\n";
    return shown > 0 ? 0 : 1;
}
