#include <nlohmann/json.hpp>

#include "daemon/maintenance/audit_question.hpp"
#include "daemon/maintenance/audit_screen.hpp"
#include "tests/fuzz/fuzz.hpp"

// The audit trail's reader: rows that somebody edited, and whatever an administrator types as a time or an anchor.

namespace {

using namespace stepup;
using fuzz::must;

AuditRecord record(fuzz::Input& input) {
    AuditRecord made;
    made.seq = static_cast<std::int32_t>(input.number());
    made.wall = Millis(static_cast<std::int64_t>(input.number()) << input.up_to(31));
    made.uid = static_cast<std::int32_t>(input.number());
    made.boot = input.text();
    made.event = input.once_in(2) ? "MFA-1004" : input.text();
    made.user = input.text();
    made.service = input.text();
    made.hash = input.text();
    made.fields = input.all();
    return made;
}

void check_lines(const std::string& text, std::size_t width) {
    std::size_t used = 0;
    bool first = true;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        must(c == '\n' || (byte >= 0x20 && byte != 0x7F), "nothing in a record controls the terminal");
        const bool begins = (byte & 0xC0U) != 0x80;
        used = c == '\n' ? 0 : used + (begins ? 1 : 0);
        must(width == 0 || first || used <= width * 2, "a line is no longer than the terminal");
        first = first && c != '\n';
    }
    must(text.ends_with('\n'), "a record ends its line");
}

void check_record(fuzz::Input& input) {
    const std::size_t width = input.once_in(4) ? 0 : 16 + input.byte();
    const auto one = record(input);
    check_lines(to_text(one, width), width);
    const auto line = to_json(one);
    must(line.find('\n') == line.size() - 1, "one object a line");
    must(std::all_of(line.begin(), line.end() - 1, [](char c) { return c >= 0x20 && c < 0x7F; }), "ASCII alone");
    const auto object = nlohmann::json::parse(line, nullptr, false);
    must(object.is_object() && object["seq"] == one.seq && object["fields"].is_object(), "which can be read back");
}

void check_words(const std::string& text) {
    if (const auto anchor = anchor_in(text))
        must(anchor_in(to_text(*anchor))->seq == anchor->seq, "an anchor is read back");
    const auto now = Millis(1'800'000'000'000);
    const auto moment = moment_in(text, now);
    must(!moment || text.find_first_of("0123456789") != text.npos, "no time without a number");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    input.once_in(4) ? check_words(input.all()) : check_record(input);
    return 0;
}
