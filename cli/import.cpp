#include <algorithm>
#include <ctime>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "cli/first_code.hpp"
#include "cli/import_files.hpp"
#include "cli/import_report.hpp"
#include "cli/verbs.hpp"
#include "common/printable.hpp"

namespace stepup::cli {
namespace {

using foreign::Generator;
using foreign::Note;
using foreign::Outcome;

constexpr std::size_t most_of_a_name = 60;  ///< bytes: with the mark that it was cut, a label of 64

/// What the secret is called here, where its file gives it no name.
std::string label_of(const Tool& tool, const Generator& generator) {
    const auto name = printable(generator.name, most_of_a_name);
    return name.empty() ? std::string(tool.name) : name;
}

/// One run of a verb.
class Import {
public:
    Import(Desk& desk, const Tool& tool)
        : desk_(desk),
          tool_(tool),
          is_admin_(acts_as_admin(desk.options)),
          now_(std::time(nullptr)) { }

    Exit run() {
        const auto found = places(tool_, desk_.options);
        if (!found) return desk_.complain(found.error());
        for (const auto& place : *found) {
            auto file = open(place);
            if (!file)
                return_with_trouble(place, file.error().message);
            else if (*file)
                take(place, **file);
        }
        return finish();
    }

private:
    /// The factors of one file on their way.
    struct Work {
        const Place& place;
        FileReport report;
        std::vector<Generator> generators{};
        bool is_whole = true;  ///< all of the file is meant
    };

    void return_with_trouble(const Place& place, const std::string& why) {
        failed_ = true;
        reports_.push_back({place.path, place.user, {}, why, {}});
        desk_.say(report_screen(reports_.back(), desk_.canvas.width));
    }

    void take(const Place& place, const foreign::File& file) {
        Work work{place, {place.path, tool_.names_users ? "" : place.user, {}, {}, {}}};
        auto reading = tool_.read(file.text(), now_);
        work.report.notes = std::move(reading.notes);
        work.generators = std::move(reading.generators);
        if (file.is_readable_by_others())
            note(work, {}, Outcome::changed,
                 "Others than its owner may read this file: its secrets are no secrets. "
                 "Better enroll anew.",
                 false);
        leave_others_out(work);
        choose_entries(work);
        refuse_weak(work);
        if (is_admin_) bring_in(work);
        std::stable_sort(work.report.notes.begin(), work.report.notes.end(),
                         [](const Note& a, const Note& b) { return a.line < b.line; });
        if (!is_admin_) bring_own(work);
        const bool all = std::none_of(work.report.notes.begin(), work.report.notes.end(), [](const Note& one) {
            return one.is_factor && one.outcome != Outcome::taken && one.outcome != Outcome::present;
        });
        failed_ = failed_ || !all;
        if (desk_.options.rename && !desk_.options.dry_run) rename(work, file, all);
        if (is_admin_) desk_.say(report_screen(work.report, desk_.canvas.width));
        reports_.push_back(std::move(work.report));
    }

    static void note(Work& work, const Generator& generator, Outcome outcome, std::string text, bool is_factor = true) {
        work.report.notes.push_back({generator.line, generator.user, outcome, std::move(text), is_factor});
    }

    /// Lines of a file that names users, of others than are meant.
    void leave_others_out(Work& work) const {
        if (!tool_.names_users || work.place.user.empty()) return;
        const auto is_other = [&](const auto& one) { return !one.user.empty() && one.user != work.place.user; };
        work.is_whole = std::erase_if(work.generators, is_other) == 0;
        std::erase_if(work.report.notes, is_other);
    }

    /// A file of entries holds secrets of other services, too: nothing is taken that was not chosen.
    void choose_entries(Work& work) const {
        const auto& wanted = desk_.options.entries;
        if (tool_.in_home != nullptr || tool_.in_system != nullptr || (work.generators.size() < 2 && wanted.empty()))
            return;
        const auto is_wanted = [&](const Generator& one) {
            return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& word) {
                return word == std::to_string(one.line) || word == one.name;
            });
        };
        for (const auto& one : work.generators)
            if (!is_wanted(one))
                note(work, one, Outcome::kept,
                     '"' + printable(one.name, 64) + "\" was not chosen; --entry " + std::to_string(one.line)
                         + " chooses it.",
                     wanted.empty());
        if (std::erase_if(work.generators, [&](const auto& one) { return !is_wanted(one); }) > 0) work.is_whole = false;
        if (work.generators.empty() && !wanted.empty()) work.report.trouble = "No entry has that number or name.";
    }

    void refuse_weak(Work& work) const {
        const bool accepts = desk_.options.accept_weak && is_admin_;
        const auto is_too_short = [&](const Generator& one) {
            if (one.bytes >= foreign::least_bytes || (accepts && one.bytes >= foreign::weak_bytes)) return false;
            note(work, one, Outcome::refused,
                 "its secret has " + std::to_string(one.bytes * 8) + " bits, and 128 are the least. Enroll anew"
                     + (one.bytes < foreign::weak_bytes ? "." : "; or root takes it by --accept-weak."));
            return true;
        };
        std::erase_if(work.generators, is_too_short);
    }

    [[nodiscard]] Carried carried(const Generator& one, std::string label) const {
        return {one.counts_time ? "totp" : "hotp",
                std::move(label),
                one.algorithm,
                one.digits,
                one.period,
                one.counter,
                one.secret.reveal()};
    }

    /// As an administrator: each user's at once.
    void bring_in(Work& work) {
        std::map<std::string, std::vector<const Generator*>> by_user;
        for (const auto& one : work.generators) by_user[tool_.names_users ? one.user : work.place.user].push_back(&one);
        for (const auto& [user, factors] : by_user) {
            std::vector<Carried> all;
            for (const auto* one : factors) all.push_back(carried(*one, label_of(tool_, *one)));
            const auto& options = desk_.options;
            const auto fates = desk_.as_admin<std::vector<Fate>>([&](StepUpClient& client, const std::string& token) {
                return client.bring_in(user, all, options.accept_weak, options.dry_run, token);
            });
            for (std::size_t i = 0; i < factors.size(); ++i)
                if (!fates || fates->size() != factors.size())
                    note(work, *factors[i], Outcome::refused,
                         fates ? "stepupd did not say what became of it." : printable(fates.error().message, 1024));
                else
                    tell(work, *factors[i], (*fates)[i]);
        }
    }

    void tell(Work& work, const Generator& one, const Fate& fate) {
        const auto as = ", as \"" + fate.label + '"';
        if (fate.what == "taken") {
            const bool later = fate.counts_from > static_cast<std::uint64_t>(now_);
            note(work, one, Outcome::taken,
                 in_words(one) + as
                     + (later ? "; codes shown from " + date(fate.counts_from, "%H:%M:%S") + " on count." : "."));
        } else if (fate.what == "present") {
            note(work, one, Outcome::present, in_words(one) + as + '.');
        } else if (fate.what == "has-others") {
            note(work, one, Outcome::refused, "That user has a factor already, and adds to it himself: stepup import.");
        } else {
            note(work, one, Outcome::refused, "This host's policy accepts no such factor anywhere.");
        }
    }

    /// One's own: each waits for its first code.
    void bring_own(Work& work) {
        desk_.say(report_screen(work.report, desk_.canvas.width));
        for (const auto& one : work.generators) bring_one(work, one);
    }

    void bring_one(Work& work, const Generator& one) {
        const auto words = in_words(one);
        if (desk_.options.dry_run)
            return say(work, one, Outcome::taken, words + ": its first code would be asked for.");
        const auto id = desk_.in_session<std::int64_t>([&](StepUpClient& client, const std::string& token) {
            return client.bring(carried(one, printable(one.name, most_of_a_name)), token);
        });
        if (!id) {
            const bool known = id.error().error == ManagementError::already_enrolled;
            return say(work, one, known ? Outcome::present : Outcome::refused, printable(id.error().message, 1024));
        }
        const bool asks = !desk_.options.json && !desk_.options.no_prompt && desk_.terminal.is_there();
        if (!asks) return say(work, one, Outcome::taken, words + ". " + not_confirmed_yet(*id));
        say(work, one, Outcome::taken, words + '.');
        if (ask_first_code(desk_, *id, one.counts_time ? totp_words : hotp_words) == Exit::done) return;
        work.report.notes.back().outcome = Outcome::refused;
    }

    void say(Work& work, const Generator& one, Outcome outcome, std::string text) {
        note(work, one, outcome, std::move(text));
        FileReport alone{{}, {}, {work.report.notes.back()}, {}, {}};
        const auto lines = report_screen(alone, desk_.canvas.width);
        desk_.say(lines.substr(lines.find('\n') + 1));
    }

    void rename(Work& work, const foreign::File& file, bool all) {
        const bool has_any = std::any_of(work.report.notes.begin(), work.report.notes.end(),
                                         [](const Note& one) { return one.is_factor; });
        if (!all || !work.is_whole || !has_any) {
            work.report.trouble = "It keeps its name: not all that it holds is here.";
            return;
        }
        const auto renamed = put_aside(work.place, file);
        if (renamed)
            work.report.renamed = *renamed;
        else
            work.report.trouble = renamed.error().message;
    }

    Exit finish() {
        auto files = nlohmann::json::array();
        for (const auto& report : reports_) files.push_back(report_json(report));
        desk_.say_json(
            {{"files", files}, {"taken", count(reports_, Outcome::taken)}, {"dry_run", desk_.options.dry_run}});
        desk_.say(summary_line(reports_));
        if (desk_.options.dry_run)
            desk_.say("Nothing was changed: this was a dry run.\n");
        else if (is_admin_ && count(reports_, Outcome::taken) > 0)
            desk_.say("Who was taken over has no recovery codes yet: `stepup recovery regenerate` makes them.\n");
        return failed_ ? Exit::refused : Exit::done;
    }

    Desk& desk_;
    const Tool& tool_;
    bool is_admin_;
    std::int64_t now_;
    std::vector<FileReport> reports_;
    bool failed_ = false;
};

constexpr Tool google{"google-authenticator", ".google_authenticator", nullptr, false,
                      foreign::read_google_authenticator};
constexpr Tool oath{"oath", nullptr, "/etc/users.oath", true, foreign::read_users_oath};
constexpr Tool u2f{"u2f", ".config/Yubico/u2f_keys", "/etc/u2f_mappings", true,
                   [](std::string_view text, std::int64_t) { return foreign::read_u2f(text); }};
constexpr Tool yubico{"yubico", ".yubico/authorized_yubikeys", "/etc/yubikey_mappings", true,
                      [](std::string_view text, std::int64_t) { return foreign::read_yubico(text); }};
constexpr Tool otpauth{"otpauth", nullptr, nullptr, false,
                       [](std::string_view text, std::int64_t) { return foreign::read_otpauth(text); }};
constexpr Tool aegis{"aegis", nullptr, nullptr, false,
                     [](std::string_view text, std::int64_t) { return foreign::read_aegis(text); }};

}  // namespace

Exit import_google_authenticator(Desk& desk) { return Import(desk, google).run(); }
Exit import_oath(Desk& desk) { return Import(desk, oath).run(); }
Exit import_u2f(Desk& desk) { return Import(desk, u2f).run(); }
Exit import_yubico(Desk& desk) { return Import(desk, yubico).run(); }
Exit import_otpauth(Desk& desk) { return Import(desk, otpauth).run(); }
Exit import_aegis(Desk& desk) { return Import(desk, aegis).run(); }

}  // namespace stepup::cli
