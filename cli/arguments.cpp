#include "cli/arguments.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iostream>
#include <set>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/qr_file.hpp"
#include "cli/verbs.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

constexpr const char* exit_codes = R"(Exit status:
  0  done
  1  refused, or not recent
  2  wrong usage
  3  stepupd, or the system bus, cannot be reached
  4  not authorized: by policy, from here, or without a recent verification)";

/// One verb: `words` as they are typed, what it does, an example, its options, its function.
struct Verb {
    const char* parent;  ///< nullptr: a verb of its own; "admin key": one below these two
    const char* name;
    const char* summary;
    const char* example;
    void (*add_options)(CLI::App&, Options&);
    Run run;               ///< nullptr: only verbs below it can run
    bool offline = false;  ///< does not speak to the daemon
};

void add_nothing(CLI::App&, Options&) { }
void add_prompting(CLI::App& verb, Options& options) {
    verb.add_flag("--no-prompt", options.no_prompt, "Never ask; fail instead");
}
void add_label(CLI::App& verb, Options& options) {
    verb.add_option("--label", options.label, "What to call it, up to 64 bytes")->type_name("TEXT");
}
void add_enroll(CLI::App& verb, Options& options) {
    add_label(verb, options);
    verb.add_option("--digits", options.digits, "Length of a code: 6, 7 or 8")
        ->type_name("N")
        ->check(CLI::Range(6, 8).description(""));
    verb.add_flag("--plain", options.plain, "No QR code, the secret spelled out");
    const auto fits = [](const std::string& path) {
        return QrFile::can_be_called(path) ? std::string() : "must end in .png or .svg";
    };
    verb.add_option("--qr", options.qr, "Write the QR code to this file, .png or .svg")
        ->type_name("FILE")
        ->check(CLI::Validator(fits, ""));
    add_prompting(verb, options);
}
void add_enroll_totp(CLI::App& verb, Options& options) {
    add_enroll(verb, options);
    verb.add_option("--algorithm", options.algorithm, "SHA1 (which every app knows), SHA256 or SHA512")
        ->type_name("HASH")
        ->transform(CLI::IsMember({"SHA1", "SHA256", "SHA512"}, CLI::ignore_case));
}
void add_enroll_hotp(CLI::App& verb, Options& options) {
    add_enroll(verb, options);
    verb.add_option("--counter", options.counter, "Number of its first code, if not 0")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{UINT32_MAX}).description(""));
    auto* own = verb.add_flag("--own-secret", options.own_secret, "It has a secret already; asked for, or on stdin")
                    ->disable_flag_override()
                    ->excludes(verb.get_option("--qr"));
    verb.add_flag("--hex", options.hex, "That secret is hexadecimal, not base32")->needs(own);
}
void add_enroll_ssh_security_key(CLI::App& verb, Options& options) {
    add_label(verb, options);
    add_prompting(verb, options);
}
void add_confirm(CLI::App& verb, Options& options) {
    verb.add_option("ID", options.which, "The id that `stepup enroll` gave")->required()->type_name("");
    verb.add_option("CODE", options.code, "The code that the device shows")->required()->type_name("");
    add_prompting(verb, options);
}
void add_list(CLI::App& verb, Options& options) {
    auto* plain = verb.add_flag("--plain", options.plain, "One sentence a factor, for screen readers");
    verb.add_flag("--labels", options.labels, "Only the labels, one a line")->excludes(plain);
}
void add_remove(CLI::App& verb, Options& options) {
    verb.add_option("FACTOR", options.which, "Its label or its id")->required()->type_name("");
    add_prompting(verb, options);
}
void add_rename(CLI::App& verb, Options& options) {
    verb.add_option("FACTOR", options.which, "Its label or its id")->required()->type_name("");
    verb.add_option("NEW", options.name, "Its new label, up to 64 bytes")->required()->type_name("");
    add_prompting(verb, options);
}
void add_disable(CLI::App& verb, Options& options) {
    verb.add_flag("--yes", options.yes, "Do not ask whether it is meant");
    add_prompting(verb, options);
}
void add_factor(CLI::App& verb, Options& options) {
    verb.add_option("--factor", options.factor, "Which must answer: its label, id or type")->type_name("FACTOR");
}
void add_verify(CLI::App& verb, Options& options) {
    auto* flag = verb.add_option("--factor", options.factor, "The same as FACTOR")->type_name("FACTOR");
    verb.add_option("FACTOR", options.factor, "Which must answer: its label, id or type")
        ->type_name("")
        ->excludes(flag);
    verb.add_option("--service", options.service, "Show what will do for this PAM service, and pick")
        ->type_name("NAME");
    add_prompting(verb, options);
}
void add_require(CLI::App& verb, Options& options) {
    const auto take = [&options](const std::string& text) {
        const auto seconds = seconds_in(text);
        if (!seconds) throw CLI::ValidationError("--window", "must be a time such as 90s, 5m or 1h, at most 24h");
        options.window = *seconds;
    };
    verb.add_option_function<std::string>("--window", take, "How old it may be, as in 5m; else as policy says")
        ->type_name("TIME");
    add_factor(verb, options);
    add_prompting(verb, options);
}
void add_status(CLI::App& verb, Options& options) {
    verb.add_option("--service", options.service, "PAM service to ask policy for; else stepup")->type_name("NAME");
}
void add_lock(CLI::App& verb, Options& options) {
    verb.add_flag("--all", options.all, "Every session of yours on this host");
}
void add_unlock(CLI::App& verb, Options& options) {
    verb.add_option("USER", options.which, "Whose failures shall be forgotten")->type_name("");
    verb.add_option("--source", options.source, "Address whose failures shall be forgotten")->type_name("ADDRESS");
}

void add_keys_forget(CLI::App& verb, Options& options) {
    verb.add_option("KEY", options.which, "Its id, or its fingerprint")->type_name("");
    verb.add_flag("--all", options.all, "All that you trust");
}
void add_admin_keys_list(CLI::App& verb, Options& options) {
    verb.add_option("USER", options.which, "Whose keys")->required()->type_name("");
}
void add_admin_keys_forget(CLI::App& verb, Options& options) {
    verb.add_option("USER", options.which, "Who shall be asked again")->required()->type_name("");
    verb.add_option("KEY", options.name, "Its id, or its fingerprint")->type_name("");
    verb.add_flag("--all", options.all, "All that the user trusts");
}

void add_admin_status(CLI::App& verb, Options& options) {
    auto* user = verb.add_option("USER", options.which, "Only this user")->type_name("");
    auto* missing = verb.add_flag("--not-enrolled", options.not_enrolled, "Who could log in and has no factor");
    auto* orphans
        = verb.add_flag("--orphans", options.orphans, "Factors whose account is gone, or has another uid now");
    missing->excludes(user)->excludes(orphans);
    orphans->excludes(user);
}

void add_reset(CLI::App& verb, Options& options) {
    verb.add_option("USER", options.which, "Whose factors shall be removed")->required()->type_name("");
    verb.add_option("--uid", options.uid, "Of an account that is gone: the uid that it had")
        ->type_name("UID")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{UINT32_MAX - 1}));
    verb.add_flag("--yes", options.yes, "Do not ask whether it is meant");
}
void add_lasting(CLI::App& verb, Options& options, std::uint32_t usual, const char* help) {
    options.lasts = 0;
    const auto take = [&options](const std::string& text) {
        const auto seconds = seconds_in(text, std::uint32_t{30} * 86'400);
        if (!seconds || *seconds == 0) throw CLI::ValidationError("--for", "must be a time such as 30m, 2h or 3d");
        options.lasts = *seconds;
    };
    verb.add_option_function<std::string>("--for", take, help)->type_name("TIME");
    verb.callback([&options, usual] { options.lasts = options.lasts == 0 ? usual : options.lasts; });
}
void add_bypass(CLI::App& verb, Options& options) {
    verb.add_option("USER", options.which, "Who shall get in")->required()->type_name("");
    verb.add_option("--reason", options.reason, "Why; it is written into the audit trail")
        ->required()
        ->type_name("TEXT");
    add_lasting(verb, options, 3600, "How long it is good, at most 7d; else 1h");
}
void add_invite(CLI::App& verb, Options& options) {
    verb.add_option("USER", options.which, "Who shall enroll")->required()->type_name("");
    add_lasting(verb, options, 86'400, "How long it is good, at most 30d; else 24h");
}

/// stepupd reads these words, and says what is wrong with their values.
void add_audit(CLI::App& verb, Options& options) {
    const auto word = [&](const char* names, const char* help, const char* type) {
        const auto take = [&options, name = std::string(names)](const std::string& value) {
            options.audit.push_back(name.substr(name.find("--")));
            options.audit.push_back(value);
        };
        verb.add_option_function<std::string>(names, take, help)->type_name(type);
    };
    const auto flag = [&](const char* names, const char* help) {
        const auto take
            = [&options, name = std::string(names)] { options.audit.push_back(name.substr(name.find("--"))); };
        verb.add_flag_callback(names, take, help);
    };
    word("-u,--user", "Only this user: name or uid", "USER");
    word("-e,--event", "Only this event: id (MFA-1004) or name (locked)", "EVENT");
    word("-S,--since", "Not older than: 2h, 7d, 2026-11-22, \"2026-11-22 14:30\"", "TIME");
    word("-U,--until", "Not newer than", "TIME");
    word("-n,--lines", "The last N, or all; else 50, and all with --since", "N");
    flag("-f,--follow", "Go on with what comes");
    flag("--verify", "Find what was edited, deleted, reordered or cut off");
    word("--anchor", "With --verify: head of the chain, written down earlier", "HASH:SEQ");
    word("--journal", "With --verify: compare with the journal files there", "FOLDER");
    word("--file", "A copy instead of this host's database", "DATABASE");
    word("--config", "stepupd's settings; else /etc/stepup/stepup.toml", "FILE");
}

/// stepupd reads these words.
void add_admin(CLI::App& verb, Options& options) {
    for (const char* name : {"--config", "--key"}) {
        const auto take = [&options, name](const std::string& value) {
            options.admin.insert(options.admin.end(), {name, value});
        };
        verb.add_option_function<std::string>(name, take,
                                              name == std::string_view("--key")
                                                  ? "Master key; else as set, or /etc/stepup/master.cred"
                                                  : "stepupd's settings; else /etc/stepup/stepup.toml")
            ->type_name("FILE");
    }
}
void add_flag(CLI::App& verb, Options& options, const char* name, const char* help) {
    verb.add_flag_callback(
        name, [&options, name] { options.admin.emplace_back(name); }, help);
}
void add_file(CLI::App& verb, Options& options, const char* help) {
    const auto take = [&options](const std::string& value) {
        options.admin.insert(options.admin.end(), {"--", value});
    };
    verb.add_option_function<std::string>("FILE", take, help)->required()->type_name("");
}
void add_backup(CLI::App& verb, Options& options) {
    add_admin(verb, options);
    add_file(verb, options, "Where to write it; no file is replaced");
}
void add_restore(CLI::App& verb, Options& options) {
    add_admin(verb, options);
    add_flag(verb, options, "--replace", "Put database and key that are there aside");
    add_file(verb, options, "The backup");
}
void add_share(CLI::App& verb, Options& options) {
    add_admin(verb, options);
    add_flag(verb, options, "--new", "In place of the one there is, for later backups");
}

/// stepupd reads these words, and says what is wrong with their values.
void add_policy(CLI::App& verb, Options& options) {
    const auto take = [&options](const std::string& value) {
        options.policy.insert(options.policy.begin(), {"--config", value});
    };
    verb.add_option_function<std::string>("--config", take, "stepupd's settings; else /etc/stepup/stepup.toml")
        ->type_name("FILE");
}
void add_check(CLI::App& verb, Options& options) {
    add_policy(verb, options);
    const auto take = [&options](const std::vector<std::string>& files) {
        options.policy.emplace_back("--");
        options.policy.insert(options.policy.end(), files.begin(), files.end());
    };
    verb.add_option_function<std::vector<std::string>>("FILE", take, "A main file, then drop-ins; else this host's")
        ->type_name("");
}
void add_explain(CLI::App& verb, Options& options) {
    add_policy(verb, options);
    const auto word = [&](const char* name, const char* help, const char* type) {
        const auto take = [&options, name](const std::string& value) {
            options.policy.insert(options.policy.begin(), std::string(name) + "=" + value);
        };
        return verb.add_option_function<std::string>(name, take, help)->type_name(type);
    };
    word("--from", "An address, local or remote; else as usual", "ADDRESS");
    word("--target", "Whom USER becomes, as in su; else unknown there", "USER");
    word("--at", "When: \"2026-11-22 14:30\", 14:30; else now", "TIME");
    word("--signal", "A risk signal that fired, such as new-device", "NAME")->take_all();
    verb.add_option("USER", options.which, "Who must prove himself")->required()->type_name("");
    verb.add_option("SERVICE", options.service, "The PAM service, such as sshd or sudo")->required()->type_name("");
}

void add_policy_set(CLI::App& verb, Options& options) {
    add_policy(verb, options);
    const auto take
        = [&options](const std::string& rule) { options.policy.insert(options.policy.begin(), "--rule=" + rule); };
    verb.add_option_function<std::string>("--rule", take, "The rule it stands in; else [defaults] or [limits]")
        ->type_name("NAME");
    verb.add_flag_callback(
        "--dry-run", [&options] { options.policy.insert(options.policy.begin(), "--dry-run"); },
        "Show what would change, and write nothing");
    verb.add_option("KEY", options.which, "window, limits.lock_after …")->required()->type_name("");
    verb.add_option("VALUE", options.value, "15m, true, '[\"totp\"]' …")->required()->type_name("");
}
void add_policy_profile(CLI::App& verb, Options& options) {
    add_policy(verb, options);
    verb.add_flag_callback(
        "--diff", [&options] { options.policy.insert(options.policy.begin(), "--diff"); },
        "How this host stands to it; fails if laxer");
    verb.add_option("NAME", options.which, "cis, nist-aal2, pci, stig; or a file with a \"/\"")->type_name("");
}
void add_policy_edit(CLI::App& verb, Options& options) {
    add_policy(verb, options);
    verb.add_option("DROP-IN", options.which, "A file of policy.d, old or new; else policy.toml")->type_name("");
}

void add_pam_change(CLI::App& verb, Options& options) {
    verb.add_option("SERVICE", options.services, "PAM services: sshd, sudo, su, login …")->required()->type_name("");
    verb.add_flag("--dry-run", options.dry_run, "Show what would change, and write nothing");
    verb.add_flag("--anyway", options.anyway, "Also what would lock everybody out, or let anybody in");
}
void add_pam_enable(CLI::App& verb, Options& options) {
    add_pam_change(verb, options);
    verb.add_flag("--key", options.key, "sshd: a key and then a code, no password");
    verb.add_flag("--sshd-config", options.sshd_config, "Also write the drop-in that sshd may need");
}
void add_pam_confirm(CLI::App& verb, Options& options) {
    verb.add_flag("--anyway", options.anyway, "Although this login is no newer than the trial");
}
void add_doctor(CLI::App& verb, Options& options) {
    verb.add_flag("--strict", options.strict, "Fail by what is yellow, too");
}

void add_import(CLI::App& verb, Options& options) {
    verb.add_option("FILE", options.file, "The file; else where that tool keeps it")->type_name("");
    verb.add_option("--user", options.user, "Only what is this user's, as root")->type_name("USER");
    verb.add_flag("--dry-run", options.dry_run, "Show what would become of each line, no more");
}
void add_import_seeds(CLI::App& verb, Options& options) {
    add_import(verb, options);
    verb.add_flag("--rename", options.rename, "Then put .imported behind the file's name");
    verb.add_flag("--accept-weak", options.accept_weak, "As root: secrets of 80 to 127 bits, too");
    add_prompting(verb, options);
}
void add_import_entries(CLI::App& verb, Options& options) {
    add_import_seeds(verb, options);
    verb.get_option("FILE")->required()->description("The file");
    verb.add_option("--entry", options.entries, "Which: its number or its name; may be repeated")->type_name("ENTRY");
}

constexpr std::array verbs{
    Verb{nullptr, "enroll", "Set up a factor", "stepup enroll totp --label phone", add_nothing, nullptr},
    Verb{"enroll", "totp", "An app that shows a new code every 30 seconds", "stepup enroll totp --label phone",
         add_enroll_totp, enroll_totp},
    Verb{"enroll", "hotp", "A token that shows another code at each press",
         "stepup enroll hotp --label token --own-secret < seed", add_enroll_hotp, enroll_hotp},
    Verb{"enroll", "ssh-security-key", "The FIDO2 key (sk-) that opened this SSH session",
         "stepup enroll ssh-security-key --label yubikey", add_enroll_ssh_security_key, enroll_ssh_security_key},
    Verb{nullptr, "confirm", "Finish an enrollment by its first code", "stepup confirm 3 123456", add_confirm, confirm},
    Verb{nullptr, "list", "Show your factors", "stepup list", add_list, list},
    Verb{nullptr, "remove", "Remove a factor", "stepup remove phone", add_remove, remove},
    Verb{nullptr, "rename", "Give a factor another label", "stepup rename phone \"old phone\"", add_rename, rename},
    Verb{nullptr, "primary", "Choose the factor that is asked for first", "stepup primary phone", add_remove, primary},
    Verb{nullptr, "disable", "Remove all your factors, where policy lets you", "stepup disable", add_disable, disable},
    Verb{nullptr, "verify", "Prove a factor now; what follows need not ask", "stepup verify phone", add_verify, verify},
    Verb{nullptr, "status", "Show what you have proved, and what policy asks", "stepup status --service sudo",
         add_status, status},
    Verb{nullptr, "require", "Pass if a factor was proved recently, else ask", "stepup require --window 5m && ./deploy",
         add_require, require},
    Verb{nullptr, "lock", "Forget what was proved in this session", "stepup lock --all", add_lock, lock},
    Verb{nullptr, "recovery", "Count your recovery codes", "stepup recovery", add_nothing, recovery},
    Verb{"recovery", "regenerate", "Void your recovery codes and show new ones", "stepup recovery regenerate",
         add_prompting, regenerate},
    Verb{nullptr, "keys", "The SSH keys that you trust", "stepup keys list", add_nothing, nullptr},
    Verb{"keys", "list", "Show the SSH keys that log in without a code", "stepup keys list", add_nothing, keys_list},
    Verb{"keys", "forget", "Have logins with a key ask for a code again", "stepup keys forget 2", add_keys_forget,
         keys_forget},
    Verb{nullptr, "policy", "Check the policy, and see what it asks of whom", "stepup policy check", add_nothing,
         nullptr},
    Verb{"policy", "check", "Find out whether the policy files are good", "stepup policy check /tmp/policy.toml",
         add_check, policy_check, true},
    Verb{"policy", "explain", "Show which rule decides about an attempt, and why",
         "stepup policy explain alice sshd --from 192.0.2.7", add_explain, policy_explain, true},
    Verb{"policy", "set", "Change one value, as root", "stepup policy set --rule \"admins step up\" window 5m",
         add_policy_set, policy_set},
    Verb{"policy", "edit", "Edit a policy file; only a good one is put in place", "stepup policy edit", add_policy_edit,
         policy_edit},
    Verb{"policy", "diff", "Show what the files say and is not in force, as root", "stepup policy diff", add_policy,
         policy_diff, true},
    Verb{"policy", "profile", "Show what a standard asks for; how this host stands", "stepup policy profile pci --diff",
         add_policy_profile, policy_profile, true},
    Verb{"policy", "reload", "Have stepupd read the files; say whether it took them", "stepup policy reload",
         add_prompting, policy_reload},
    Verb{nullptr, "audit", "Show or verify the audit trail, as root", "stepup audit --user alice --since 2h", add_audit,
         audit, true},
    Verb{nullptr, "admin", "Look after users and the store, as root", "stepup admin backup /mnt/stepup.backup",
         add_nothing, nullptr},
    Verb{"admin", "recovery-share", "Show the share that will open backups, once", "stepup admin recovery-share",
         add_share, admin_recovery_share, true},
    Verb{"admin", "backup", "Write a sealed copy of everything", "stepup admin backup /mnt/stepup.backup", add_backup,
         admin_backup, true},
    Verb{"admin", "restore", "Bring a backup back, with the recovery share", "stepup admin restore /mnt/stepup.backup",
         add_restore, admin_restore, true},
    Verb{"admin", "key", "The master key", "stepup admin key rotate", add_nothing, nullptr},
    Verb{"admin key", "rotate", "Seal everything with a new master key", "stepup admin key rotate", add_admin,
         admin_key_rotate, true},
    Verb{"admin", "status", "Show who has factors, who is locked, who has none", "stepup admin status alice",
         add_admin_status, admin_status},
    Verb{"admin", "reset", "Remove every factor of a user, who then enrolls again", "stepup admin reset alice",
         add_reset, admin_reset},
    Verb{"admin", "bypass", "Make a code that lets a locked-out user in, once",
         "stepup admin bypass alice --for 2h --reason 'lost phone, called back'", add_bypass, admin_bypass},
    Verb{"admin", "invite", "Make a code to log in with and enroll, once", "stepup admin invite alice", add_invite,
         admin_invite},
    Verb{"admin", "unlock", "Let a locked account, or address, try again", "stepup admin unlock alice", add_unlock,
         unlock},
    Verb{"admin", "keys", "The SSH keys that a user trusts", "stepup admin keys list alice", add_nothing, nullptr},
    Verb{"admin keys", "list", "Show the SSH keys that a user trusts", "stepup admin keys list alice",
         add_admin_keys_list, admin_keys_list},
    Verb{"admin keys", "forget", "Have logins with a user's keys ask for a code again",
         "stepup admin keys forget alice --all", add_admin_keys_forget, admin_keys_forget},
    Verb{nullptr, "pam", "Have logins ask for a factor, as root", "stepup pam status", add_nothing, nullptr},
    Verb{"pam", "enable", "Put our lines into the stacks of PAM services", "stepup pam enable --dry-run sshd sudo",
         add_pam_enable, pam_enable},
    Verb{"pam", "disable", "Take our lines out of the stacks of PAM services", "stepup pam disable sshd",
         add_pam_change, pam_disable, true},
    Verb{"pam", "try", "The same as enable, taken back unless confirmed", "stepup pam try sshd", add_pam_enable,
         pam_try},
    Verb{"pam", "confirm", "Let a trial stay, from a login newer than it", "stepup pam confirm", add_pam_confirm,
         pam_confirm, true},
    Verb{"pam", "revert", "Take a trial back at once", "stepup pam revert", add_nothing, pam_revert, true},
    Verb{"pam", "status", "Show which services ask, and what opens them", "stepup pam status", add_nothing, pam_status,
         true},
    Verb{nullptr, "import", "Take over what other tools keep", "stepup import google-authenticator --dry-run",
         add_nothing, nullptr},
    Verb{"import", "google-authenticator", "Yours, or as root that of every user",
         "stepup import google-authenticator --dry-run", add_import_seeds, import_google_authenticator},
    Verb{"import", "oath", "pam_oath's /etc/users.oath, as root", "stepup import oath --dry-run", add_import_seeds,
         import_oath},
    Verb{"import", "otpauth", "otpauth:// links, one a line", "stepup import otpauth links.txt --entry 1",
         add_import_entries, import_otpauth},
    Verb{"import", "aegis", "A vault that Aegis exported without encryption",
         "stepup import aegis aegis-export.json --entry myhost", add_import_entries, import_aegis},
    Verb{"import", "u2f", "pam_u2f's keys: shown, and left where they are", "stepup import u2f", add_import, import_u2f,
         true},
    Verb{"import", "yubico", "pam_yubico's keys: shown, and left where they are", "stepup import yubico", add_import,
         import_yubico, true},
    Verb{nullptr, "doctor", "Look for what opens or closes this host, as root", "stepup doctor", add_doctor, doctor},
};

/// Adds `verb` if whatever stands above it is among the words `said`, and what it takes if it is itself: to make all of
/// them takes longer than all the rest of a start.
void add(CLI::App& program, const Verb& verb, const std::set<std::string_view>& said, Options& options) {
    auto* parent = &program;
    std::istringstream words(verb.parent == nullptr ? "" : verb.parent);
    for (std::string word; words >> word; parent = parent->get_subcommand(word))
        if (!said.contains(word)) return;
    auto* made = parent->add_subcommand(verb.name, verb.summary);
    if (!said.contains(verb.name)) return;
    made->footer(std::string("Example:\n  ") + verb.example);
    verb.add_options(*made, options);
    if (verb.run == nullptr) {
        made->require_subcommand(1);
        return;
    }
    made->add_flag("--json", options.json, "Print JSON, for programs");
    if (!verb.offline)
        made->add_option("--socket", options.socket, "Where stepupd listens; else /run/stepup/pam.sock")
            ->type_name("PATH");
}

/// The words up to the verb that was named last: "stepup admin bypass".
std::string named(const CLI::App& program) {
    std::string words = "stepup";
    for (const auto* at = &program; !at->get_subcommands().empty(); words += ' ' + at->get_name())
        at = at->get_subcommands().front();
    return words;
}

/// Its function.
Run chosen(const CLI::App& program) {
    const auto words = named(program);
    for (const auto& verb : verbs) {
        const auto parents = verb.parent == nullptr ? std::string() : std::string(verb.parent) + ' ';
        if (words == "stepup " + parents + verb.name) return verb.run;
    }
    return nullptr;
}

/// CLI11 tells of a missing verb where the verb is unknown: say which.
std::string what_is_wrong(const CLI::App& program, const CLI::ParseError& error) {
    const auto unknown = program.remaining(true);
    if (!unknown.empty()) return "unknown: " + printable(unknown.front());
    const bool no_verb
        = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && program.get_subcommands().empty();
    return no_verb ? "a verb is missing" : printable(error.what());
}

}  // namespace

std::optional<std::uint32_t> seconds_in(std::string_view text, std::uint32_t longest) {
    std::uint32_t count = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, count);
    const std::string_view unit(end, static_cast<std::size_t>(last - end));
    constexpr std::array units{std::pair("", 1U), std::pair("s", 1U), std::pair("m", 60U), std::pair("h", 3600U),
                               std::pair("d", 86'400U)};
    const auto* known = std::find_if(units.begin(), units.end(), [&](const auto& one) { return unit == one.first; });
    if (error != std::errc{} || known == units.end() || count > longest / known->second) return std::nullopt;
    return count * known->second;
}

Parsed parse(int count, const char* const* words, Options& options) {
    CLI::App program("Second factors of yours, and proving them again where it matters.", "stepup");
    program.footer(exit_codes);
    program.get_formatter()->column_width(26);  // of 80; verbs inherit it
    program.require_subcommand(1);
    program.set_version_flag("--version", "stepup " STEPUP_VERSION);
    const std::set<std::string_view> said(words, words + count);
    for (const auto& verb : verbs) add(program, verb, said, options);
    try {
        program.parse(count, words);
    } catch (const CLI::Success& help) {
        program.exit(help);
        return Exit::done;
    } catch (const CLI::ParseError& wrong) {
        std::cerr << "stepup: " << what_is_wrong(program, wrong) << "\nTry: " << named(program) << " --help\n";
        return Exit::usage;
    }
    return chosen(program);
}

}  // namespace stepup::cli
