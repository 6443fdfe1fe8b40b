#include "daemon/audit/outlet.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace stepup {
namespace {

Outlet::Sent why_not() {
    const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM || errno == EINTR;
    return later ? Outlet::Sent::not_now : Outlet::Sent::failed;
}

}  // namespace

JournalOutlet::JournalOutlet(std::string path)
    : path_(std::move(path)),
      socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) { }

bool JournalOutlet::is_there() const {
    struct stat status { };
    const bool fits = path_.size() < sizeof(sockaddr_un{}.sun_path);
    return socket_ && fits && ::stat(path_.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

Outlet::Sent JournalOutlet::send(std::string& text) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy_n(path_.c_str(), std::min(path_.size(), sizeof(address.sun_path) - 1), address.sun_path);
    const auto sent = ::sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    if (sent < 0) return why_not();
    text.clear();
    return Sent::done;
}

/// A pipe that poll(2) calls writable has room for PIPE_BUF bytes. O_NONBLOCK would be simpler, but it is not ours to
/// set: whoever started us may share the terminal.
Outlet::Sent StderrOutlet::send(std::string& text) {
    while (!text.empty()) {
        pollfd output{STDERR_FILENO, POLLOUT, 0};
        if (::poll(&output, 1, 0) == 0) return Sent::not_now;
        const auto most = std::min<std::size_t>(text.size(), PIPE_BUF);
        auto sent = ::send(STDERR_FILENO, text.data(), most, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == ENOTSOCK) sent = ::write(STDERR_FILENO, text.data(), most);
        if (sent < 0) return why_not();
        text.erase(0, static_cast<std::size_t>(sent));
    }
    return Sent::done;
}

}  // namespace stepup
