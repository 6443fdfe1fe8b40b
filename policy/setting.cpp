#include "policy/setting.hpp"

#include <algorithm>

#include "common/printable.hpp"
#include "common/result.hpp"
#include "policy/key_tables.hpp"
#include "policy/reader.hpp"

namespace stepup {
namespace {

tl::unexpected<Diagnosis> refused(std::string_view name, std::string message) {
    return tl::unexpected<Diagnosis>(Diagnosis{.file = std::string(name), .message = std::move(message)});
}

/// Where in `text` a place is that the parser named.
std::size_t offset_of(std::string_view text, toml::source_position place) {
    std::size_t at = 0;
    for (auto line = place.line; line > 1; --line) at = std::min(text.find('\n', at), text.size() - 1) + 1;
    for (auto column = place.column; column > 1 && at < text.size(); --column) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80) ++at;
    }
    return at;
}

/// Where the line behind `line` begins.
std::size_t behind_line(std::string_view text, std::size_t line) {
    const auto end = text.find('\n', offset_of(text, {static_cast<toml::source_index>(line), 1}));
    return end == text.npos ? text.size() : end + 1;
}

toml::table* table_named(toml::table& document, const SettingPath& path) {
    auto* table = &document;
    if (!path.rule.empty()) {
        auto* rules = document["rule"].as_array();
        table = nullptr;
        for (std::size_t i = 0; rules != nullptr && i < rules->size(); ++i) {
            auto* rule = rules->get(i)->as_table();
            if (rule != nullptr && (*rule)["name"].value<std::string>() == path.rule) table = rule;
        }
    }
    for (std::size_t i = 0; table != nullptr && i + 1 < path.keys.size(); ++i) {
        auto* node = table->get(path.keys[i]);
        table = node == nullptr ? nullptr : node->as_table();
    }
    return table;
}

/// The last line of what stands directly in `table`; tables in it that have headers of their own stand elsewhere.
std::size_t last_line(const toml::table& table) {
    std::size_t line = table.source().begin.line;
    for (const auto& [key, node] : table) {
        const auto* inner = node.as_table();
        if (inner == nullptr || inner->is_inline()) line = std::max<std::size_t>(line, node.source().end.line);
    }
    return line;
}

/// As the lines before it, with its "=" below theirs if that is possible.
std::string new_line(std::string_view text, std::size_t line, const std::string& key, std::string_view value) {
    const auto begin = offset_of(text, {static_cast<toml::source_index>(line), 1});
    const auto above = text.substr(begin, text.find('\n', begin) - begin);
    const auto equals = above.starts_with('[') ? above.npos : above.find('=');
    auto fresh = key;
    if (equals != above.npos && equals > key.size()) fresh.resize(equals - 1, ' ');
    return fresh.append(" = ").append(value).append("\n");
}

/// The text with the value in it, be it right or not.
Read<std::string> edited(std::string_view text, std::string_view name, toml::table& document, const SettingPath& path,
                         std::string_view value) {
    std::string fresh(text);
    const auto& key = path.keys.back();
    const auto* table = table_named(document, path);
    if (table == nullptr && !path.rule.empty() && path.keys.size() == 1)
        return refused(name, "there is no rule " + in_quotes(path.rule));
    if (table == nullptr && path.rule.empty() && path.keys.size() == 2) {
        if (!fresh.empty() && !fresh.ends_with('\n')) fresh += '\n';
        return fresh.append("\n[")
            .append(path.keys[0])
            .append("]\n")
            .append(key)
            .append(" = ")
            .append(value)
            .append("\n");
    }
    if (table == nullptr) return refused(name, "there is no table " + in_quotes(path.keys[path.keys.size() - 2]));
    if (const auto* node = table->get(key); node != nullptr) {
        const auto begin = offset_of(text, node->source().begin);
        const auto end = offset_of(text, node->source().end);
        if (end > begin) return fresh.replace(begin, end - begin, value);
    } else if (!table->is_inline()) {
        const auto line = last_line(*table);
        const auto at = behind_line(text, line);
        const bool cut = at == text.size() && !text.empty() && !text.ends_with('\n');
        return fresh.insert(at, (cut ? "\n" : "") + new_line(text, line, key, value));
    }
    return refused(name, in_quotes(key) + " stands in a table that only `stepup policy edit` can change");
}

/// A table with nothing but `value` in it, by that name.
Read<toml::table> table_of(std::string_view value) {
    if (value.find_first_of("\r\n") != value.npos) return refused("value", "must stand on one line");
    auto table = TRY(read_toml("value = " + std::string(value), "value"));
    if (table.size() != 1) return refused("value", "must be one value");
    return table;
}

/// True if `after` is `before` with nothing but that value in it.
bool differs_in_that_only(toml::table before, toml::table after, const SettingPath& path, const toml::table& value) {
    if (path.rule.empty() && path.keys.size() == 2 && !before.contains(path.keys[0]))
        before.insert(path.keys[0], toml::table{});
    auto* table = table_named(before, path);
    if (table == nullptr) return false;
    table->insert_or_assign(path.keys.back(), *value.get("value"));
    return before == after;
}

}  // namespace

bool is_toml_value(std::string_view written) { return table_of(written).has_value(); }

std::string as_toml_text(std::string_view written) {
    std::string text = "\"";
    for (const char c : printable(written, 4096)) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

SettingPath setting_path(std::string_view written, std::string_view rule) {
    SettingPath path{std::string(rule), {}};
    for (;;) {
        const auto dot = written.find('.');
        path.keys.emplace_back(written.substr(0, dot));
        if (dot == written.npos) break;
        written.remove_prefix(dot + 1);
    }
    if (!rule.empty() || path.keys.size() > 1) return path;
    const auto has = [&](const auto& rows) {
        return std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.key == path.keys[0]; });
    };
    path.keys.insert(path.keys.begin(), !has(terms_rows) && has(limits_rows) ? "limits" : "defaults");
    return path;
}

Read<std::string> with_setting(std::string_view text, std::string_view name, const SettingPath& path,
                               std::string_view value) {
    auto document = TRY(read_toml(text, name));
    const auto alone = TRY(table_of(value));
    auto fresh = TRY(edited(text, name, document, path, value));
    auto after = read_toml(fresh, name);
    if (!after || !differs_in_that_only(std::move(document), *std::move(after), path, alone))
        return refused(name, in_quotes(path.keys.back()) + " stands where only `stepup policy edit` can change it");
    return fresh;
}

}  // namespace stepup
