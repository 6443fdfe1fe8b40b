#pragma once

#include <functional>
#include <string>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "common/unique_fd.hpp"
#include "daemon/loop/awaiting.hpp"

namespace stepup {

/// Tells when files of a folder change: when one is written, replaced, put there or taken away.
class FolderWatch {
public:
    /// `only`: the one file that matters; "": any. Nothing comes if the folder is not there, or the kernel has no watch
    /// to give.
    FolderWatch(const asio::any_io_executor& loop, const std::string& folder, std::string only,
                std::function<void()> changed);

    /// Serves until the loop ends.
    [[nodiscard]] asio::awaitable<void> run();

private:
    [[nodiscard]] bool read_changes();

    asio::posix::stream_descriptor events_;
    std::string only_;
    std::function<void()> changed_;
};

}  // namespace stepup
