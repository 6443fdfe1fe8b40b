#pragma once

#include <cstdint>
#include <string>

#include "common/result.hpp"

namespace stepup {

/// Room on the disk set aside for the day it is full: given back then, so that logins can still be written down and
/// somebody can get in to make room.
class Reserve {
public:
    static constexpr std::int64_t usual_size = std::int64_t{16} * 1024 * 1024;

    /// `path`: of the file that holds the room. `size` 0: there is none.
    Reserve(std::string path, std::int64_t size) : path_(std::move(path)), size_(size) { }

    /// Sets the room aside if it is not and the disk has twice as much. True if it was made by this call.
    [[nodiscard]] bool make();
    /// Gives the room back. False if there was none.
    [[nodiscard]] bool release();
    /// The same if the disk is all but full, however that showed.
    [[nodiscard]] bool relieve();
    /// Whether it was released and not made again.
    [[nodiscard]] bool is_missing() const { return missing_; }

private:
    std::string path_;
    std::int64_t size_;
    bool missing_ = false;
};

}  // namespace stepup
