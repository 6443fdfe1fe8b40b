#include "daemon/audit/record.hpp"

#include <algorithm>

#include "common/printable.hpp"
#include "daemon/audit/events.hpp"

namespace stepup {
namespace {

bool has_account(const AuditEntry& entry) { return entry.account.uid != static_cast<uid_t>(-1); }

bool is_plain(char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')
        || std::string_view("-_.:/@+,").find(letter) != std::string_view::npos;
}

void put(std::string& line, std::string_view name, std::string_view foreign) { line += ' ' + to_pair(name, foreign); }

std::string journal_name(std::string_view name) {
    std::string upper = "STEPUP_";
    for (const char letter : name) upper += letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 32) : letter;
    return upper;
}

}  // namespace

std::string to_pair(std::string_view name, std::string_view foreign) {
    const std::string value = printable(foreign, longest_value);
    std::string pair = std::string(name) + '=';
    if (!value.empty() && std::all_of(value.begin(), value.end(), is_plain)) return pair + value;
    pair += '"';
    for (const char letter : value) {
        if (letter == '"' || letter == '\\') pair += '\\';
        pair += letter;
    }
    return pair + '"';
}

std::string to_line(const AuditEntry& entry) {
    const EventRow& row = row_of(entry.event);
    std::string line = std::string(row.id) + ' ' + std::string(row.name);
    if (!entry.account.name.empty()) put(line, "user", entry.account.name);
    if (has_account(entry)) put(line, "uid", std::to_string(entry.account.uid));
    if (!entry.service.empty()) put(line, "service", entry.service);
    for (const auto& [name, value] : entry.fields) put(line, name, value);
    return line;
}

std::vector<std::string> to_journal(const AuditEntry& entry) {
    const EventRow& row = row_of(entry.event);
    std::vector<std::string> fields{
        "MESSAGE=" + to_line(entry),
        "MESSAGE_ID=" + std::string(row.message_id),
        "PRIORITY=" + std::to_string(static_cast<int>(row.priority)),
        "SYSLOG_IDENTIFIER=stepupd",
        "STEPUP_EVENT=" + std::string(row.id),
    };
    if (!entry.account.name.empty()) fields.push_back("STEPUP_USER=" + printable(entry.account.name));
    if (has_account(entry)) fields.push_back("STEPUP_UID=" + std::to_string(entry.account.uid));
    if (!entry.service.empty()) fields.push_back("STEPUP_SERVICE=" + printable(entry.service));
    for (const auto& [name, value] : entry.fields)
        fields.push_back(journal_name(name) + '=' + printable(value, longest_value));
    return fields;
}

}  // namespace stepup
