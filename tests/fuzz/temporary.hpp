#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <unistd.h>

namespace stepup::fuzz {

/// A folder in memory where there is one, and gone when its holder is.
class TemporaryFolder {
public:
    TemporaryFolder() {
        const bool in_memory = ::access("/dev/shm", W_OK) == 0;
        std::string name = in_memory ? "/dev/shm/stepup-fuzz-XXXXXX" : "/tmp/stepup-fuzz-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace stepup::fuzz
