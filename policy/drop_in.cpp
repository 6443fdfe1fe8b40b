#include "policy/drop_in.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <unistd.h>

#include "common/result.hpp"
#include "policy/lockouts.hpp"
#include "policy/parse.hpp"

namespace stepup {
namespace {

namespace fs = std::filesystem;

fs::path folder_in(const fs::path& state_dir) { return state_dir / "policy.d"; }

}  // namespace

Read<ConfigTexts> policy_texts(const fs::path& path, const fs::path& state_dir) {
    auto texts = TRY(read_config(path, MainFile::needed));
    auto more = TRY(read_drop_ins(folder_in(state_dir)));
    for (auto& one : more) texts.push_back(std::move(one));
    return texts;
}

bool is_drop_in_name(std::string_view name) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), is_letter);
}

Read<DropInChange> drop_in_change(const fs::path& path, const fs::path& state_dir, const std::string& name,
                                  const std::string& text, FactorSet kinds) {
    const auto folder = folder_in(state_dir);
    if (!is_drop_in_name(name)) return about(folder, "a name is 1 to 64 letters, digits, \"-\" and \"_\"");
    const auto file = folder / (name + ".toml");
    if (text.size() > longest_drop_in) return about(file, "may have 4096 bytes at most");
    const auto before = TRY(policy_texts(path, state_dir));
    auto texts = TRY(read_config(path, MainFile::needed));
    auto set = TRY(read_drop_ins(folder));
    const auto is_behind = [&](const ConfigText& one) { return one.name >= file.native(); };
    const auto at = std::find_if(set.begin(), set.end(), is_behind);
    const bool exists = at != set.end() && at->name == file.native();
    DropInChange change{file, exists ? at->text : "", text};
    if (!exists && text.empty()) return about(file, "there is no such drop-in");
    if (exists && text.empty()) set.erase(at);
    if (exists && !text.empty()) at->text = text;
    if (!exists) set.insert(at, {file.native(), text});
    texts.insert(texts.end(), set.begin(), set.end());
    if (const auto judged = parse(texts); !judged) return tl::unexpected<Diagnosis>(judged.error());
    if (auto shut = newly_shut(before, texts, kinds)) return tl::unexpected<Diagnosis>(*std::move(shut));
    return change;
}

Read<void> store(const DropInChange& change) {
    if (change.after.empty()) {
        if (::unlink(change.file.c_str()) != 0)
            return about(change.file, "cannot be removed: " + std::generic_category().message(errno));
        return {};
    }
    std::error_code error;
    fs::create_directory(change.file.parent_path(), error);  // else the file cannot be made, and that says why
    return write_durably(change.file, change.after);
}

}  // namespace stepup
