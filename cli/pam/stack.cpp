#include "cli/pam/stack.hpp"

#include <filesystem>

#include "cli/pam/file.hpp"

namespace stepup::pam {
namespace {

constexpr unsigned deepest = 16;  // more than libpam's own 16 levels of substacks, or files that include each other

/// Follows includes, depth first.
class Unfolding {
public:
    Unfolding(const Places& places, Phase phase) : places_(places), phase_(phase) { }

    void file(const std::string& path, std::string_view text, unsigned level, unsigned depth) {
        const auto lines = read_lines(text);
        for (std::size_t at = 0; at < lines.size(); ++at) {
            if (depth == 0) own_line_ = at;
            if (is_meant(lines[at])) one(path, lines[at], level, depth);
        }
    }

    Stack stack;

private:
    /// A line of no phase stands in the one that a file was included for, or in auth.
    [[nodiscard]] bool is_meant(const Line& line) const {
        if (line.phase || !line.garbled) return !line.phase || line.phase == phase_;
        return for_one_phase_ || phase_ == Phase::auth;
    }

    void one(const std::string& path, const Line& line, unsigned level, unsigned depth) {
        if (line.includes()) {
            include(path, line, level, depth);
            return;
        }
        Entry entry{line, read_control(line.control), path, own_line_, level};
        entry.missing = !line.garbled && places_.module_called(line.module).empty();
        stack.entries.push_back(std::move(entry));
    }

    void include(const std::string& path, const Line& line, unsigned level, unsigned depth) {
        const auto other = line.module.starts_with('/') ? line.module : places_.file_of(line.module);
        const auto text = other.empty() ? std::nullopt : places_.text_of(other);
        if (!text || depth == deepest) {
            stack.broken = path + " includes " + line.module + (text ? " again and again" : ", which is not there");
            return;
        }
        const bool substack = line.control == "substack";
        if (substack) stack.entries.push_back({line, {}, path, own_line_, level, true});
        const bool outside = for_one_phase_;
        for_one_phase_ = outside || line.phase.has_value();
        file(other, *text, level + (substack ? 1 : 0), depth + 1);
        for_one_phase_ = outside;
    }

    const Places& places_;
    const Phase phase_;
    std::size_t own_line_ = 0;
    bool for_one_phase_ = false;  ///< what is read was included by "auth include", not by "@include"
};

}  // namespace

Places Places::usual() {
    Places places;
    places.modules = {SECURITY_FOLDER, "/usr/lib/security", "/usr/lib64/security", "/lib/security"};
    return places;
}

std::string Places::file_of(const std::string& service) const {
    for (const auto& folder : services)
        if (const auto path = folder + '/' + service; drafts.contains(path) || std::filesystem::exists(path))
            return path;
    return {};
}

std::optional<std::string> Places::text_of(const std::string& path) const {
    const auto draft = drafts.find(path);
    return draft == drafts.end() ? contents(path) : draft->second;
}

std::string Places::module_called(const std::string& name) const {
    if (name.starts_with('/')) return std::filesystem::exists(name) ? name : std::string();
    for (const auto& folder : modules)
        if (const auto path = folder + '/' + name; std::filesystem::exists(path)) return path;
    return {};
}

std::string Entry::place() const { return file + ":" + std::to_string(line.first + 1); }

Stack effective(const Places& places, const std::string& service, Phase phase) {
    const auto path = places.file_of(service);
    const auto text = path.empty() ? std::nullopt : places.text_of(path);
    if (!text) return {{}, "there is no PAM service " + service};
    return effective(places, path, *text, phase);
}

Stack effective(const Places& places, const std::string& file, std::string_view text, Phase phase) {
    Unfolding unfolding(places, phase);
    unfolding.file(file, text, 0, 0);
    return std::move(unfolding.stack);
}

Stack or_others(Stack stack, const Places& places, Phase phase) {
    if (!stack.entries.empty() || !stack.broken.empty()) return stack;
    auto others = effective(places, "other", phase);
    return others.entries.empty() ? stack : others;
}

}  // namespace stepup::pam
