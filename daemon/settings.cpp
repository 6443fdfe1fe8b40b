#include "daemon/settings.hpp"

#include "common/printable.hpp"
#include "policy/reader.hpp"

namespace stepup {

namespace {

/// One option: "section.key", its default as TOML, what it is for (lines of the example file), and where it goes.
struct Option {
    std::string_view name;
    std::string_view otherwise;
    std::string_view help;
    Heard<> (*read)(const toml::node&, Settings&);

    [[nodiscard]] std::string_view section() const { return name.substr(0, name.find('.')); }
    [[nodiscard]] std::string_view key() const { return name.substr(name.find('.') + 1); }
};

Heard<std::filesystem::path> as_path(const toml::node& node) {
    auto text = TRY(as_text(node));
    if (!text.starts_with('/')) return complain(node, "must be an absolute path");
    if (!is_printable(text, 4096)) return complain(node, "must be printable");
    return std::filesystem::path(std::move(text));
}

Heard<std::filesystem::path> as_path_or_nothing(const toml::node& node) {
    if (node.is_string() && node.as_string()->get().empty()) return std::filesystem::path();
    return as_path(node);
}

/// `:` separates issuer and account in an otpauth:// label.
Heard<std::string> as_issuer(const toml::node& node) {
    auto text = TRY(as_text(node));
    if (text.empty()) return text;
    if (!is_printable(text, 64) || text.find(':') != text.npos)
        return complain(node, "must be at most 64 printable characters without a colon");
    return text;
}

/// A name of a profile, or the file of one.
Heard<std::string> as_profile(const toml::node& node) {
    auto text = TRY(as_text(node));
    const bool is_file = text.starts_with('/');
    const bool is_name = text.find('/') == text.npos && !text.starts_with('.') && !text.starts_with('-');
    if (!text.empty() && (!is_printable(text, 4096) || (!is_file && !is_name)))
        return complain(node, "must be a name that `stepup policy profile` lists, or an absolute path");
    return text;
}

constexpr std::array log_levels{
    Word<LogLevel>{"error", LogLevel::error},
    Word<LogLevel>{"warning", LogLevel::warning},
    Word<LogLevel>{"info", LogLevel::info},
    Word<LogLevel>{"debug", LogLevel::debug},
};
Heard<LogLevel> as_log_level(const toml::node& node) { return as_word(node, log_levels); }

Heard<Seconds> as_keep(const toml::node& node) {
    constexpr auto day = Seconds(86'400);
    const auto time = TRY(as_duration(node, Seconds(0), 3660 * day));
    if (time != Seconds(0) && time < 30 * day) return complain(node, "must be 0, or 30d to 3660d");
    return time;
}
Heard<Seconds> as_attempt(const toml::node& node) { return as_duration(node, Seconds(10), Seconds(300)); }
template <unsigned least, unsigned most> Heard<unsigned> number(const toml::node& node) {
    return as_number(node, least, most);
}

constexpr std::array options{
    Option{"paths.state", R"("/var/lib/stepup")", "Where the database and the last good policy are kept.",
           into<&Settings::state, as_path>},
    Option{"paths.runtime", R"("/run/stepup")", "Where the sockets are.", into<&Settings::runtime, as_path>},
    Option{"paths.policy", R"("/etc/stepup/policy.toml")",
           "The policy; the drop-ins stand beside it, here in /etc/stepup/policy.d/*.toml.",
           into<&Settings::policy, as_path>},
    Option{"paths.suspicious", R"("/etc/stepup/suspicious.d")",
           "The folder of lists of suspicious networks, one a line, for the risk signal of that name.",
           into<&Settings::suspicious, as_path>},
    Option{"paths.locations", R"("")",
           "A location database in MaxMind's format, of countries or of network operators, for the risk signal\n"
           "new-location. Empty: none, and a location is a network.",
           into<&Settings::locations, as_path_or_nothing>},
    Option{"policy.profile", R"("")",
           "The profile that this host follows: `stepup doctor` tells where the policy is laxer. A name that\n"
           "`stepup policy profile` lists, or the path of a profile of your own. Empty: none.",
           into<&Settings::profile, as_profile>},
    Option{"keys.master", R"("")",
           "The file with the 32-byte master key, made by `stepupd --make-key FILE`.\n"
           "Empty: the systemd credential, $CREDENTIALS_DIRECTORY/master.key.",
           into<&Settings::master_key, as_path_or_nothing>},
    Option{"door.max_connections", "1024", "Logins at the same time, of all users together; 16 to 65536.",
           into<&Settings::max_connections, number<16, 65536>>},
    Option{"door.max_per_user", "64",
           "Logins at the same time that one user's own programs may hold open; 1 to 4096, at most half of\n"
           "max_connections. Root's (sshd, sudo, login) are exempt and have the rest.",
           into<&Settings::max_per_user, number<1, 4096>>},
    Option{"door.attempt", R"("90s")",
           "How long one login may take, from its first prompt to the verdict; 10s to 300s.",
           into<&Settings::attempt, as_attempt>},
    Option{"lockers.services",
           R"(["cinnamon-screensaver", "gtklock", "hyprlock", "i3lock", "kde", "kscreenlocker", "mate-screensaver", )"
           R"("physlock", "swaylock", "vlock", "waylock", "xfce4-screensaver", "xscreensaver", "xsecurelock"])",
           "Screen lockers: services that a program without root's rights may name, for its own user only.\n"
           "They open no window.",
           into<&Settings::lockers, as_names>},
    Option{"enroll.issuer", R"("")",
           "The issuer that authenticator apps show beside the account. Empty: the name of this host.",
           into<&Settings::issuer, as_issuer>},
    Option{"bus.enabled", "true", "Serve org.stepup.StepUp1 on the system bus: enrollment and management.",
           into<&Settings::bus, as_flag>},
    Option{
        "audit.keep", R"("400d")",
        "How long audit records are kept in the database; 30d to 3660d, 0: for ever. A record stays that says which\n"
        "were removed.",
        into<&Settings::audit_keep, as_keep>},
    Option{"log.level", R"("info")",
           "What is logged: error, warning, info or debug. The audit trail is apart from this.",
           into<&Settings::log_level, as_log_level>},
};

std::vector<std::string_view> sections() {
    std::vector<std::string_view> names;
    for (const auto& option : options)
        if (names.empty() || names.back() != option.section()) names.push_back(option.section());
    return names;
}

/// The rows of one section, named by their keys alone.
std::vector<Row<Settings>> rows_of(std::string_view section) {
    std::vector<Row<Settings>> rows;
    for (const auto& option : options)
        if (option.section() == section) rows.push_back({option.key(), option.read});
    return rows;
}

void read_section(const toml::key& name, const toml::node& node, Settings& settings, Complaints& complaints) {
    const auto rows = rows_of(name.str());
    if (rows.empty()) return complaints.unknown(name, "at the top", sections());
    const auto* table = node.as_table();
    if (table == nullptr) return complaints.add(name.source().begin, std::string(name.str()) + ": must be a table");
    std::vector<std::string_view> keys;
    keys.reserve(rows.size());
    for (const auto& row : rows) keys.push_back(row.key);
    for (const auto& [key, value] : *table)
        if (!complaints.read<Settings>(key, value, rows, settings))
            complaints.unknown(key, "in [" + std::string(name.str()) + "]", keys);
}

Read<void> read_file(const ConfigText& file, Settings& settings) {
    const auto document = TRY(read_toml(file.text, file.name));
    Complaints complaints;
    for (const auto& [name, node] : document) read_section(name, node, settings, complaints);
    if (auto first = complaints.first(file.name)) return tl::unexpected<Diagnosis>(*std::move(first));
    return {};
}

std::string commented(std::string_view help) {
    std::string text = "# ";
    for (const char letter : help) {
        text += letter;
        if (letter == '\n') text += "# ";
    }
    return text + "\n";
}

/// The table as a file. `comments`: with the help, and defaults commented out.
std::string written(bool comments) {
    std::string text;
    std::string_view section;
    for (const auto& option : options) {
        if (option.section() != section) {
            section = option.section();
            text += (text.empty() ? "[" : "\n[") + std::string(section) + "]\n";
        }
        if (comments) text += commented(option.help);
        text += (comments ? "#" : "") + std::string(option.key()) + " = " + std::string(option.otherwise) + "\n";
    }
    return text;
}

}  // namespace

Read<Settings> parse_settings(const ConfigTexts& texts) {
    Settings settings;
    TRY(read_file({"the option table", written(false)}, settings));
    for (const auto& file : texts) TRY(read_file(file, settings));
    if (settings.max_per_user > settings.max_connections / 2)
        return tl::unexpected<Diagnosis>(
            Diagnosis{.file = texts.empty() ? "" : texts.front().name,
                      .message = "door.max_per_user is more than half of door.max_connections: one user could keep "
                                 "the others out"});
    return settings;
}

Read<Settings> load_settings(const std::filesystem::path& path) {
    return parse_settings(TRY(read_config(path, MainFile::may_be_missing)));
}

std::string example_file() {
    return "# stepupd's settings. Every value shown is the default; remove the # to change it.\n"
           "# Files in stepup.d/*.toml are read after this one, in the order of their names; the last word counts.\n"
           "# Who must prove what is not here but in policy.toml.\n\n"
        + written(true);
}

}  // namespace stepup
