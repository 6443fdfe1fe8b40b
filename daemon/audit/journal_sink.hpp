#pragma once

#include <string>

#include "daemon/core/ports.hpp"

namespace stepup {

/// Shows audit entries in the journal with fields and message ids; where there is none, as lines on stderr. May be used
/// by several threads.
class JournalSink final : public AuditSink {
public:
    explicit JournalSink(const std::string& journal_socket = "/run/systemd/journal/socket");
    void show(const AuditEntry& entry) override;

private:
    bool journal_;
};

}  // namespace stepup
