#include <cstdio>

#include <nlohmann/json.hpp>

#include "common/printable.hpp"
#include "common/result.hpp"
#include "daemon/factors/catalogue.hpp"
#include "daemon/maintenance/policy.hpp"
#include "daemon/maintenance/policy_files.hpp"
#include "daemon/maintenance/policy_screen.hpp"
#include "daemon/maintenance/text_diff.hpp"
#include "policy/load.hpp"
#include "policy/lockouts.hpp"
#include "policy/setting.hpp"

// `stepup policy set` and `stepup policy diff`.

namespace stepup {
namespace {

/// The file in which the rule stands; without a rule the main file, which holds [defaults] and [limits].
Read<ConfigText> file_of(const ConfigTexts& texts, const std::string& rule) {
    if (rule.empty()) return texts.front();
    const auto policy = TRY(parse(texts));
    for (const auto& one : policy.rules)
        for (const auto& text : texts)
            if (one.name == rule && one.file == text.name) return text;
    return tl::unexpected<Diagnosis>(
        Diagnosis{.file = texts.front().name,
                  .message = "neither here nor in a drop-in is there a rule \"" + printable(rule) + '"'});
}

/// The change that puts `value` there, if the policy is good with it.
Read<FileChange> change_to(const ConfigTexts& texts, const SettingPath& path, const std::string& value) {
    const auto file = TRY(file_of(texts, path.rule));
    auto edited = TRY(with_setting(file.text, file.name, path, value));
    FileChange change{file.name, file.text, std::move(edited)};
    if (const auto judged = parse(with_change(texts, change)); !judged)
        return tl::unexpected<Diagnosis>(judged.error());
    return change;
}

/// `value` as it is typed, or as a text: people write 15m, TOML "15m".
Read<FileChange> change_by(const ConfigTexts& texts, const PolicyQuestion& question) {
    const auto path = setting_path(question.key, question.rule);
    auto plain = change_to(texts, path, question.value);
    if (plain) return plain;
    auto as_text = change_to(texts, path, as_toml_text(question.value));
    return as_text || !is_toml_value(question.value) ? as_text : plain;
}

int refuse(const Diagnosis& problem, bool json) {
    if (json) return static_cast<int>(tell({problem}, true));
    show(stderr, "stepup: nothing was changed: ", problem);
    return static_cast<int>(Exit::refused);
}

}  // namespace

int set_policy(const PolicyQuestion& question, const Settings& settings) {
    const auto lock = lock_folder(settings.policy.parent_path());
    if (!lock) return refuse(lock.error(), question.json);
    const auto texts = texts_of_host(settings);
    if (!texts) return refuse(texts.error(), question.json);
    const auto change = change_by(*texts, question);
    if (!change) return refuse(change.error(), question.json);
    const auto changed = with_change(*texts, *change);
    if (const auto shut = newly_shut(*texts, changed, kinds_of_this_build())) return refuse(*shut, question.json);
    for (const auto& doubt : doubts_about(parse(changed).value_or(Policy{}))) show(stderr, "warning: ", doubt);
    const auto name = change->file.native();
    const auto diff = text_diff(change->before, change->after, name, name);
    if (diff.empty() || question.dry_run) {
        if (question.json)
            show({{"changed", false}, {"diff", diff}});
        else
            std::printf("%s", diff.empty() ? (name + " says so already.\n").c_str() : diff.c_str());
        return nothing_changed;
    }
    if (const auto done = put_in_place(*change); !done) return refuse(done.error(), question.json);
    if (!question.json) std::printf("%s", diff.c_str());
    return static_cast<int>(Exit::done);
}

Exit diff_policy(const PolicyQuestion& question, const Settings& settings) {
    const auto kept = last_good_texts(settings.state);
    if (!kept) {
        say_why_not(ManagementError::unavailable, "what is in force cannot be read: " + kept.error().text(),
                    question.json);
        return Exit::unreachable;
    }
    const auto texts = texts_of_host(settings);
    if (!texts) return tell({texts.error()}, question.json);
    auto names = *kept;
    for (const auto& text : *texts) names = with_change(names, {text.name, "", text.text});
    const auto text_in = [](const ConfigTexts& all, const std::string& name) -> std::string_view {
        for (const auto& one : all)
            if (one.name == name) return one.text;
        return {};
    };
    std::string diff;
    for (const auto& [name, unused] : names)
        diff += text_diff(text_in(*kept, name), text_in(*texts, name), name + " (in force)", name);
    if (question.json)
        show({{"differs", !diff.empty()}, {"diff", diff}});
    else
        std::printf("%s", diff.empty() ? "What the files say is in force.\n" : diff.c_str());
    return diff.empty() ? Exit::done : Exit::refused;
}

}  // namespace stepup
