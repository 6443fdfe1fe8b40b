#include <map>

#include "daemon/storage/apply.hpp"
#include "daemon/storage/queries.hpp"

namespace stepup {

Result<bool> apply(const Books& books, const Attachment& attachment) {
    const AccountKey& account = attachment.account;
    const ProcessRef& opener = attachment.opener.process;
    if (!opener) return false;
    // A session key that the asker had before the session was opened is not this login's own: in a container started
    // from a login, say, all logins share one. Then only descent from the opener makes a session.
    const int attached = TRY(books.database.run(
        queries::attach, account.uid, account.name, books.boot, opener.pid, opener.start,
        attachment.now.boot - attach_within, attachment.opener.key(), Binding::pending, Binding::session,
        attachment.now.boot, lineage_key(opener), attachment.now.boot - transaction_lasts));
    if (attached != 0) TRY(books.chain.append(books.database, attachment.audit));
    return attached != 0;
}

Result<bool> apply(const Books& books, const Latch& latch) {
    const Session& place = latch.place;
    if (place.terminal == 0 || !place.leader) return false;
    const int latched = TRY(books.database.run(queries::latch, latch.verification, books.boot, place.terminal,
                                               place.leader.pid, place.leader.start, Binding::session));
    if (latched != 0) return true;
    // Two commands on one terminal may both want to be the first there.
    const auto same = TRY(books.database.first<int>(queries::is_latched, latch.verification, books.boot, place.terminal,
                                                    place.leader.pid, place.leader.start));
    return same.has_value();
}

Result<unsigned> end_all_windows(const Books& books, const AccountKey& account) {
    TRY(books.database.run(queries::forget_bound_to_nothing, account.uid, account.name, Binding::none));
    return static_cast<unsigned>(TRY(books.database.run(queries::end_windows, account.uid, account.name)));
}

Result<unsigned> apply(const Books& books, const WindowsEnd& end) {
    unsigned ended = 0;
    if (end.only_in) {
        const Session& in = *end.only_in;
        ended = static_cast<unsigned>(TRY(books.database.run(
            queries::end_windows_of_session, end.account.uid, end.account.name, books.boot, in.key(),
            lineage_key(in.process), in.process.pid, in.process.start, in.terminal, in.leader.pid, in.leader.start)));
    } else {
        ended = TRY(end_all_windows(books, end.account));
    }
    if (ended == 0) return ended;
    AuditEntry entry = end.audit;
    entry.fields.emplace_back("windows", std::to_string(ended));
    TRY(books.chain.append(books.database, entry));
    return ended;
}

Result<unsigned> apply(const Books& books, const WindowsGone& gone) {
    std::map<std::pair<uid_t, std::string>, unsigned> ended;
    const auto count = [&](Row row) {
        ++ended[{row.get<uid_t>(0), row.get<std::string>(1)}];
        return true;
    };
    if (!gone.sessions) TRY(books.database.each(queries::end_windows_of_all, count));
    for (const auto& session : gone.sessions.value_or(std::vector<std::string>()))
        TRY(books.database.each(queries::end_windows_in_session, count, books.boot, session, Binding::pending));
    unsigned total = 0;
    for (const auto& [account, windows] : ended) {
        AuditEntry entry = gone.audit;
        entry.account = {account.first, account.second};
        entry.fields.emplace_back("windows", std::to_string(windows));
        TRY(books.chain.append(books.database, entry));
        total += windows;
    }
    return total;
}

}  // namespace stepup
