#include "policy/load.hpp"

#include <charconv>

#include "common/result.hpp"
#include "policy/drop_in.hpp"

namespace stepup {

namespace {

namespace fs = std::filesystem;

// policy.good: the first line, then for every file "BYTES NAME\n" and that many bytes.
constexpr std::string_view first_line = "stepup policy 1\n";

std::string pack(const ConfigTexts& texts) {
    std::string packed(first_line);
    for (const auto& [name, text] : texts)
        packed.append(std::to_string(text.size())).append(" ").append(name).append("\n").append(text);
    return packed;
}

/// Takes one file off the front of `packed`; nothing if it is cut short or is not ours.
std::optional<ConfigText> take_one(std::string_view& packed) {
    std::size_t size = 0;
    const auto head_end = packed.find('\n');
    if (head_end == packed.npos) return std::nullopt;
    const auto head = packed.substr(0, head_end);
    const auto [rest, error] = std::from_chars(head.data(), head.data() + head.size(), size);
    if (error != std::errc{} || rest == head.data() + head.size() || *rest != ' ') return std::nullopt;
    packed.remove_prefix(head_end + 1);
    if (size > packed.size()) return std::nullopt;
    ConfigText one{std::string(rest + 1, head.data() + head.size()), std::string(packed.substr(0, size))};
    packed.remove_prefix(size);
    return one;
}

std::optional<ConfigTexts> unpack(std::string_view packed) {
    if (!packed.starts_with(first_line)) return std::nullopt;
    packed.remove_prefix(first_line.size());
    ConfigTexts texts;
    while (!packed.empty()) {
        auto one = take_one(packed);
        if (!one) return std::nullopt;
        texts.push_back(*std::move(one));
    }
    return texts;
}

/// Keeps `texts` for worse days; writes only what is new.
Read<void> keep(const ConfigTexts& texts, const fs::path& kept) {
    const auto packed = pack(texts);
    if (const auto before = read_text(kept); before && *before == packed) return {};
    return write_durably(kept, packed);
}

fs::path kept_in(const fs::path& state_dir) { return state_dir / "policy.good"; }

}  // namespace

Read<ConfigTexts> last_good_texts(const fs::path& state_dir) {
    const auto kept = kept_in(state_dir);
    const auto text = TRY(read_text(kept));
    auto texts = unpack(text);
    if (!texts)
        return tl::unexpected<Diagnosis>(Diagnosis{.file = kept.native(), .message = "is not a policy that we kept"});
    return *std::move(texts);
}

Parsed load(const fs::path& path) { return parse(TRY(read_config(path, MainFile::needed))); }

Loaded load_or_last_good(const fs::path& policy_path, const fs::path& state_dir) {
    Loaded loaded;
    auto texts = policy_texts(policy_path, state_dir);
    auto parsed = texts ? parse(*texts) : Parsed(tl::unexpected<Diagnosis>(texts.error()));
    if (parsed) {
        if (auto done = keep(*texts, kept_in(state_dir)); !done) loaded.problems.push_back(done.error());
        loaded.policy = *std::move(parsed);
        loaded.origin = Origin::files;
        loaded.texts = *std::move(texts);
        return loaded;
    }
    loaded.problems.push_back(parsed.error());
    auto kept = last_good_texts(state_dir);
    auto before = kept ? parse(*kept) : Parsed(tl::unexpected<Diagnosis>(kept.error()));
    if (before) {
        loaded.policy = *std::move(before);
        loaded.origin = Origin::last_good;
        loaded.texts = *std::move(kept);
    } else {
        loaded.policy = built_in_policy();
        loaded.problems.push_back(before.error());
    }
    return loaded;
}

}  // namespace stepup
