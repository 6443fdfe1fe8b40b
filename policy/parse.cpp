#include "policy/parse.hpp"

#include <algorithm>

#include "common/printable.hpp"
#include "policy/account_limits.hpp"
#include "policy/contradictions.hpp"
#include "policy/key_tables.hpp"
#include "policy/lockouts.hpp"
#include "policy/reader.hpp"

namespace stepup {

namespace {

constexpr std::string_view trusted_keys_key = "trusted_keys";  // a table in two others

std::vector<std::string_view> with_trusted_keys(std::vector<std::string_view> keys) {
    keys.push_back(trusted_keys_key);
    return keys;
}

/// One file on its way to a Policy.
class File {
public:
    File(std::string_view name, bool main, Policy& policy) : name_(name), main_(main), policy_(policy) { }

    /// The line where [defaults] stand.
    Read<unsigned> read(std::string_view text) {
        const auto document = TRY(read_toml(text, name_));
        // A table's keys come in alphabetical order: [defaults], which rules inherit from, is read before the rules.
        for (const auto& [key, node] : document) top(key, node);
        if (main_ && !document.contains("defaults"))
            complaints_.add({1, 1}, "there is no [defaults]: it must say `requirement`, for whoever no rule matches");
        if (auto first = complaints_.first(name_)) return tl::unexpected<Diagnosis>(*std::move(first));
        const auto* defaults = document.get("defaults");
        return defaults == nullptr ? 0 : defaults->source().begin.line;
    }

private:
    void top(const toml::key& key, const toml::node& node) {
        static constexpr std::array<std::string_view, 3> known{"defaults", "limits", "rule"};
        if (key.str() == "rule") return rules(key, node);
        if (key.str() != "defaults" && key.str() != "limits") return unknown(key, "at the top", known);
        if (!main_)
            return complaints_.add(key.source().begin,
                                   "[" + std::string(key.str()) + "] belongs in the main file; a drop-in holds rules");
        const auto* table = node.as_table();
        if (table == nullptr) return complaints_.add(key.source().begin, std::string(key.str()) + ": must be a table");
        if (key.str() == "defaults")
            defaults(*table);
        else
            limits(*table);
    }

    void defaults(const toml::table& table) {
        for (const auto& [key, node] : table)
            if (key.str() == trusted_keys_key)
                trusted_keys(key, node, policy_.defaults.key_trust);
            else if (!complaints_.read<Terms>(key, node, terms_rows, policy_.defaults))
                unknown(key, "in [defaults]", with_trusted_keys(keys_of(terms_rows)));
        if (!table.contains("requirement")) complaints_.add(table.source().begin, "[defaults] must say `requirement`");
        if (complaints_.empty()) contradictions_in_defaults(table, policy_.defaults, complaints_);
    }

    void limits(const toml::table& table) {
        for (const auto& [key, node] : table)
            if (!complaints_.read<Limits>(key, node, limits_rows, policy_.limits))
                unknown(key, "in [limits]", keys_of(limits_rows));
        if (complaints_.empty()) contradictions_in_limits(table, policy_.limits, complaints_);
    }

    void rules(const toml::key& key, const toml::node& node) {
        const auto* list = node.as_array();
        if (list == nullptr) return complaints_.add(key.source().begin, "rule: write [[rule]], in double brackets");
        for (const auto& element : *list) {
            if (const auto* table = element.as_table(); table != nullptr)
                rule(*table);
            else
                complaints_.add(element.source().begin, "rule: write [[rule]], in double brackets");
        }
    }

    void rule(const toml::table& table) {
        Rule fresh;
        fresh.file = name_;
        fresh.line = table.source().begin.line;
        for (const auto& [key, node] : table) {
            if (key.str() == "match")
                match(key, node, fresh.match);
            else if (key.str() == trusted_keys_key)
                trusted_keys(key, node, fresh.terms.key_trust);
            else if (key.str() == "limits")
                rule_limits(key, node, fresh.limits);
            else if (!complaints_.read<Rule>(key, node, rule_rows, fresh)
                     && !complaints_.read<Terms>(key, node, terms_rows, fresh.terms))
                unknown_in_rule(key);
        }
        if (!table.contains("name")) complaints_.add(table.source().begin, "the rule has no name");
        if (!table.contains("match"))
            complaints_.add(table.source().begin,
                            "the rule has no match; what holds for everyone stands in [defaults]");
        if (complaints_.empty()) contradictions_in_rule(table, fresh, policy_, complaints_);
        policy_.rules.push_back(std::move(fresh));
    }

    void match(const toml::key& match_key, const toml::node& match_node, Match& match) {
        const auto* table = match_node.as_table();
        if (table == nullptr)
            return complaints_.add(match_key.source().begin, "match: must be a table, as in { services = [\"sshd\"] }");
        if (table->empty())
            complaints_.add(match_node.source().begin, "match: is empty; what holds for everyone stands in [defaults]");
        for (const auto& [key, node] : *table)
            if (!complaints_.read<Match>(key, node, match_rows, match)) unknown(key, "in match", keys_of(match_rows));
        if (complaints_.empty()) contradictions_in_match(*table, match, complaints_);
    }

    void trusted_keys(const toml::key& at, const toml::node& at_node, KeyTrustTerms& trust) {
        const auto* table = at_node.as_table();
        if (table == nullptr)
            return complaints_.add(at.source().begin, "trusted_keys: must be a table, as in { enabled = true }");
        if (table->empty()) complaints_.add(at_node.source().begin, "trusted_keys: is empty");
        for (const auto& [key, node] : *table)
            if (!complaints_.read<KeyTrustTerms>(key, node, key_trust_rows, trust))
                unknown(key, "in trusted_keys", keys_of(key_trust_rows));
    }

    void rule_limits(const toml::key& limits_key, const toml::node& limits_node, LimitTerms& limits) {
        const auto* table = limits_node.as_table();
        if (table == nullptr)
            return complaints_.add(limits_key.source().begin, "limits: must be a table, as in { lock_after = 5 }");
        if (table->empty()) complaints_.add(limits_node.source().begin, "limits: is empty");
        for (const auto& [key, node] : *table) {
            if (key.str() == "source_lock_after")
                complaints_.add(key.source().begin,
                                "source_lock_after: belongs in [limits]; many people share a source");
            else if (!complaints_.read<LimitTerms>(key, node, rule_limits_rows, limits))
                unknown(key, "in limits", keys_of(rule_limits_rows));
        }
        if (complaints_.empty()) contradictions_in_limits(*table, complete(limits, policy_.limits), complaints_);
    }

    void unknown_in_rule(const toml::key& key) {
        auto known = with_trusted_keys(keys_of(rule_rows, terms_rows));
        known.emplace_back("match");
        known.emplace_back("limits");
        unknown(key, "in [[rule]]", known);
    }

    void unknown(const toml::key& key, std::string_view where, std::span<const std::string_view> known) {
        complaints_.unknown(key, where, known);
    }

    std::string name_;
    bool main_;
    Policy& policy_;
    Complaints complaints_;
};

}  // namespace

Parsed parse(const ConfigTexts& texts) {
    // No file says nothing, which must not read as "asks nothing".
    if (texts.empty()) return tl::unexpected<Diagnosis>(Diagnosis{.file = "policy", .message = "there is no file"});
    Policy policy;
    unsigned defaults_line = 0;
    for (const auto& one : texts) {
        const bool main = &one == &texts.front();
        const unsigned line = TRY(File(one.name, main, policy).read(one.text));
        if (main) defaults_line = line;
    }
    const auto shut = lockouts(policy, every_kind());
    if (shut.empty()) return policy;
    const auto& [rule, why] = shut.front();
    return tl::unexpected<Diagnosis>(rule == nullptr ? Diagnosis{texts.front().name, defaults_line, 1, why}
                                                     : Diagnosis{rule->file, rule->line, 1, why});
}

Parsed parse(std::string_view text, std::string_view file_name) {
    return parse(ConfigTexts{{printable(file_name, 4096), std::string(text)}});
}

std::vector<PolicyKey> policy_keys() {
    std::vector<PolicyKey> keys;
    const auto add = [&](std::string_view table, const auto& rows) {
        for (const auto& row : rows) keys.push_back({table, row.key});
    };
    add("defaults", terms_rows);
    add("limits", limits_rows);
    add("rule", rule_rows);
    add("rule", terms_rows);
    keys.push_back({"rule", "match"});
    keys.push_back({"rule", "limits"});
    add("match", match_rows);
    for (const std::string_view table : {"defaults", "rule"}) keys.push_back({table, trusted_keys_key});
    add(trusted_keys_key, key_trust_rows);
    return keys;
}

}  // namespace stepup
