#include "daemon/audit/journal_sink.hpp"

#include <chrono>
#include <system_error>

#include "common/clock.hpp"
#include "daemon/audit/record.hpp"

namespace stepup {
namespace {

constexpr auto between_tries = std::chrono::milliseconds(50);

}  // namespace

JournalSink::JournalSink(const std::string& journal_socket)
    : journal_(journal_socket),
      to_journal_(journal_.is_there()) { }

JournalSink::~JournalSink() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
    send_kept();
}

void JournalSink::show(const AuditEntry& entry) {
    auto shown = in_form(entry);
    const std::lock_guard lock(mutex_);
    send_kept();  // they came first
    if (kept_.empty() && send(shown)) return;
    if (kept_.size() >= most_kept) {
        ++lost_;
        return;
    }
    kept_.push_back(std::move(shown));
    try {
        if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    } catch (const std::system_error&) {
        return;  // no more threads: the next entry sends what is kept
    }
    wake_.notify_one();
}

JournalSink::Shown JournalSink::in_form(const AuditEntry& entry) const {
    Shown shown{{}, to_line(entry) + '\n'};
    if (to_journal_)
        for (const auto& field : to_journal(entry)) shown.entry += field + '\n';  // no value has a line break
    return shown;
}

/// False: not now. What nobody takes is gone.
bool JournalSink::send(Shown& shown) {
    if (!shown.entry.empty()) {
        const auto sent = journal_.send(shown.entry);
        if (sent != Outlet::Sent::failed) return sent == Outlet::Sent::done;
        shown.entry.clear();
    }
    return stderr_.send(shown.line) != Outlet::Sent::not_now;
}

void JournalSink::send_kept() {
    while (!kept_.empty() && send(kept_.front())) kept_.pop_front();
    if (!kept_.empty() || lost_ == 0) return;
    AuditEntry entry{Event::mirror_lost, SystemClock().now(), {}, "stepupd", {}};
    entry.fields.emplace_back("lost", std::to_string(lost_));
    lost_ = 0;
    kept_.push_back(in_form(entry));
    if (send(kept_.front())) kept_.pop_front();
}

void JournalSink::work() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (kept_.empty())
            wake_.wait(lock);
        else
            wake_.wait_for(lock, between_tries, [this] { return stopping_; });
        send_kept();
    }
}

}  // namespace stepup
