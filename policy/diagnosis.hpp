#pragma once

#include <filesystem>
#include <string>

#include <tl/expected.hpp>

namespace stepup {

/// What is wrong with a configuration file, and where. Safe to print: foreign text in it was made printable.
struct Diagnosis {
    std::string file;
    unsigned line = 0;    ///< from 1; 0: the file as a whole
    unsigned column = 0;  ///< from 1, in characters
    std::string message;

    /// "policy.toml:12:5: message", as compilers write it, so that editors can jump there.
    [[nodiscard]] std::string text() const;
    [[nodiscard]] bool operator==(const Diagnosis&) const = default;
};

template <class T> using Read = tl::expected<T, Diagnosis>;

/// What is wrong with the file or folder `path` as a whole.
[[nodiscard]] tl::unexpected<Diagnosis> about(const std::filesystem::path& path, std::string message);

}  // namespace stepup
