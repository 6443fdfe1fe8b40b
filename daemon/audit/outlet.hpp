#pragma once

#include <string>

#include "common/unique_fd.hpp"

namespace stepup {

/// A way out of the process that never makes its caller wait, however stuck the other side is.
class Outlet {
public:
    enum class Sent : std::uint8_t {
        done,
        not_now,  ///< the other side does not read at the moment
        failed,
    };

    virtual ~Outlet() = default;
    /// Sends what it can of `text` and takes that away from it.
    [[nodiscard]] virtual Sent send(std::string& text) = 0;
};

/// journald's socket for entries with fields (systemd.io/JOURNAL_NATIVE_PROTOCOL). sd_journal_sendv(3) would do, but it
/// waits for as long as journald does not read.
class JournalOutlet final : public Outlet {
public:
    explicit JournalOutlet(std::string path);
    /// Whether there is such a socket.
    [[nodiscard]] bool is_there() const;
    [[nodiscard]] Sent send(std::string& text) override;

private:
    std::string path_;
    UniqueFd socket_;
};

/// Standard error: a file, a pipe, a terminal, or journald's stream.
class StderrOutlet final : public Outlet {
public:
    [[nodiscard]] Sent send(std::string& text) override;
};

}  // namespace stepup
