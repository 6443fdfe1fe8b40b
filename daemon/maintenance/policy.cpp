#include "daemon/maintenance/policy.hpp"

#include <clocale>
#include <cstdio>

#include "daemon/maintenance/command.hpp"

namespace stepup {

int policy_command(int count, char** words) {
    std::setlocale(LC_ALL, "");
    const auto read = read_policy_words(count, words, SystemClock().now().wall);
    if (const auto* ended = std::get_if<Exit>(&read)) return static_cast<int>(*ended);
    const auto& question = std::get<PolicyQuestion>(read);
    const auto settings = load_settings(question.config);
    if (!settings) return static_cast<int>(tell({settings.error()}, question.json));
    if (question.command == "set") return set_policy(question, *settings);
    if (question.command == "edit") return edit_policy(question, *settings);
    if (question.command == "profile") return static_cast<int>(show_profile(question, *settings));
    if (question.command == "standing") {
        const auto standing = standing_json(*settings, question.at);
        return static_cast<int>(std::puts(standing.c_str()) < 0 ? Exit::refused : Exit::done);
    }
    if (question.command == "diff") return static_cast<int>(diff_policy(question, *settings));
    const bool checks = question.command == "check";
    return static_cast<int>(checks ? check_policy(question, *settings) : explain_policy(question, *settings));
}

}  // namespace stepup
