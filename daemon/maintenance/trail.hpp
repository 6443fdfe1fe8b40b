#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include "daemon/maintenance/audit_question.hpp"

namespace stepup {

/// The database whose audit trail is read, and how to say what went wrong with it.
class Trail {
public:
    /// Opens what `question` means. If it is root's process, it has become the database's owner afterwards: a file that
    /// root made beside the database would keep the daemon from starting.
    [[nodiscard]] static std::variant<Trail, Exit> open(const AuditQuestion& question);

    [[nodiscard]] Database& database() { return *database_; }
    [[nodiscard]] uid_t daemon() const { return daemon_; }
    [[nodiscard]] bool is_copy() const { return is_copy_; }
    /// Goes to the database that is there now if it is another file than before. False: it cannot be read now.
    [[nodiscard]] bool reopen_if_replaced();
    /// Says `error` on standard error.
    Exit complain(const Error& error) const;

private:
    [[nodiscard]] Result<> connect();

    std::string path_;
    bool is_copy_ = false;
    uid_t daemon_ = 0;
    ino_t file_ = 0;
    std::unique_ptr<Database> database_;
};

}  // namespace stepup
