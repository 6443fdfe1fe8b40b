#pragma once

#include <functional>
#include <string>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "common/unique_fd.hpp"
#include "daemon/loop/awaiting.hpp"

namespace stepup {

/// Tells when the host's own accounts may have changed: when /etc/passwd is written or replaced. A directory service
/// tells nobody.
class PasswdWatch {
public:
    /// Nothing comes if the kernel has no watch to give.
    PasswdWatch(const asio::any_io_executor& loop, std::function<void()> changed, const std::string& folder = "/etc");

    /// Serves until the loop ends.
    [[nodiscard]] asio::awaitable<void> run();

private:
    [[nodiscard]] bool read_changes();

    asio::posix::stream_descriptor events_;
    std::function<void()> changed_;
};

}  // namespace stepup
