#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <sys/inotify.h>

#include "common/unique_fd.hpp"
#include "daemon/loop/awaiting.hpp"

namespace stepup {

/// Tells when files of a folder change: when one is written, replaced, put there or taken away, or the folder itself
/// is.
class FolderWatch {
public:
    /// `only`: the one file that matters; "": any. The folder may be made later, if the one above it is there. Nothing
    /// comes if neither is, or the kernel has no watch to give.
    FolderWatch(const asio::any_io_executor& loop, std::filesystem::path folder, std::string only,
                std::function<void()> changed);

    /// Serves until the loop ends.
    [[nodiscard]] asio::awaitable<void> run();

private:
    void watch_folder();
    [[nodiscard]] bool read_changes();
    [[nodiscard]] bool concerns_us(const inotify_event& event);

    asio::posix::stream_descriptor events_;
    std::filesystem::path folder_;
    std::string only_;
    std::function<void()> changed_;
    int above_ = -1;   ///< inotify's number of the watch on the folder above
    int within_ = -1;  ///< of that on the folder itself; -1: it is not there
};

}  // namespace stepup
