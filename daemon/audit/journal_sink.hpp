#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "daemon/audit/outlet.hpp"
#include "daemon/core/ports.hpp"

namespace stepup {

/// Shows audit entries in the journal with fields and message ids; where there is none, as lines on stderr. May be used
/// by several threads, and never makes one wait: while the journal hangs, entries are kept and sent when it reads
/// again. Those for which there is no room are counted, and the number is shown then (Event::mirror_lost).
class JournalSink final : public AuditSink {
public:
    explicit JournalSink(const std::string& journal_socket = "/run/systemd/journal/socket");
    /// Tries once more to send what is kept.
    ~JournalSink() override;
    void show(const AuditEntry& entry) override;

    static constexpr std::size_t most_kept = 2048;

private:
    /// As the outlet takes it, and as a line if the journal is gone.
    struct Shown {
        std::string entry;
        std::string line;
    };
    [[nodiscard]] Shown in_form(const AuditEntry& entry) const;
    [[nodiscard]] bool send(Shown& shown);
    void send_kept();
    void work();

    JournalOutlet journal_;
    StderrOutlet stderr_;
    bool to_journal_;

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Shown> kept_;
    std::size_t lost_ = 0;
    bool stopping_ = false;
    std::thread thread_;  ///< sends what is kept; started when something is, for the first time
};

}  // namespace stepup
