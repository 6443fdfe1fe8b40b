#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <sys/wait.h>
#include <unistd.h>

#include "common/printable.hpp"
#include "daemon/factors/catalogue.hpp"
#include "daemon/maintenance/policy.hpp"
#include "daemon/maintenance/policy_files.hpp"
#include "daemon/maintenance/policy_screen.hpp"
#include "daemon/maintenance/text_diff.hpp"
#include "policy/lockouts.hpp"

namespace stepup {
namespace {

namespace fs = std::filesystem;

/// An answer from whoever sits at standard input; `otherwise` where nobody does.
char ask(const std::string& question, char otherwise) {
    if (::isatty(STDIN_FILENO) == 0) return otherwise;
    std::printf("%s ", question.c_str());
    std::fflush(stdout);
    std::string line;
    if (!std::getline(std::cin, line)) return 'n';
    return line.empty() ? 'y' : static_cast<char>(line.front() | 0x20);
}

int refuse(const std::string& sentence) {
    show(stderr, "stepup: " + sentence);
    return static_cast<int>(Exit::refused);
}

/// One session of editing; the draft is kept until what it says is in place.
class Edit {
public:
    Edit(fs::path file, ConfigTexts texts) : file_(std::move(file)), draft_(file_), texts_(std::move(texts)) {
        draft_ += ".draft";
        for (const auto& [name, text] : texts_)
            if (name == printable(file_.native(), 4096)) before_ = text;
    }

    int run() {
        if (const auto begun = begin_draft(); !begun) return refuse("nothing was changed: " + begun.error().text());
        for (;;) {
            if (!run_editor()) return leave("the editor failed");
            auto text = read_text(draft_);
            if (!text) return leave(text.error().text());
            if (*text == before_) return drop_draft();
            const FileChange change{file_, before_, *std::move(text)};
            const char answer = judge(change);
            if (answer == 'y') return finish(change);
            if (answer != 'e') return leave("");
        }
    }

private:
    Read<void> begin_draft() {
        std::error_code error;
        if (fs::exists(draft_, error)) {
            std::printf("Going on with the draft %s.\n", draft_.c_str());
            return {};
        }
        return write_durably(draft_, before_);
    }

    [[nodiscard]] bool run_editor() const {
        const char* editor = "editor";
        for (const char* variable : {"EDITOR", "VISUAL"})
            if (const char* said = std::getenv(variable); said != nullptr && *said != '\0') editor = said;
        std::fflush(stdout);
        // Ctrl-C is the editor's as long as it runs.
        const auto interrupt = std::signal(SIGINT, SIG_IGN);
        const auto quit = std::signal(SIGQUIT, SIG_IGN);
        const bool done = edit_with(editor, interrupt, quit);
        std::signal(SIGINT, interrupt);
        std::signal(SIGQUIT, quit);
        return done;
    }

    using Handler = void (*)(int);
    [[nodiscard]] bool edit_with(const char* editor, Handler interrupt, Handler quit) const {
        const auto child = ::fork();
        if (child < 0) return false;
        if (child == 0) {
            std::signal(SIGINT, interrupt);
            std::signal(SIGQUIT, quit);
            ::execl("/bin/sh", "sh", "-c", (std::string(editor) + " \"$1\"").c_str(), "sh", draft_.c_str(), nullptr);
            ::_exit(127);
        }
        int status = 0;
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) { }
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

    /// 'y': it is to be put in place; 'e': to be edited again.
    [[nodiscard]] char judge(const FileChange& change) const {
        const auto texts = with_change(texts_, change);
        const auto policy = parse(texts);
        if (const auto wrong = policy ? newly_shut(texts_, texts, kinds_of_this_build()) : policy.error()) {
            show(stdout, "", *wrong);
            return ask("Edit again? [Y/n]", 'n') == 'y' ? 'e' : 'n';
        }
        for (const auto& problem : doubts_about(*policy)) show(stdout, "Warning: ", problem);
        std::printf("%s", text_diff(change.before, change.after, file_.native(), file_.native()).c_str());
        return ask("Put this in place? [Y/n/e(dit again)]", 'y');
    }

    int finish(const FileChange& change) {
        if (const auto done = put_in_place(change); !done) return leave(done.error().text());
        ::unlink(draft_.c_str());
        return static_cast<int>(Exit::done);
    }
    int drop_draft() {
        ::unlink(draft_.c_str());
        std::printf("Nothing was changed.\n");
        return nothing_changed;
    }
    int leave(const std::string& why) {
        return refuse("nothing was changed" + (why.empty() ? "" : ", " + why) + "; the draft is kept as "
                      + printable(draft_.native(), 4096));
    }

    fs::path file_;
    fs::path draft_;
    ConfigTexts texts_;
    std::string before_;
};

}  // namespace

int edit_policy(const PolicyQuestion& question, const Settings& settings) {
    const auto lock = lock_folder(settings.policy.parent_path());
    if (!lock) return refuse("nothing was changed: " + lock.error().text());
    auto texts = texts_of_host(settings);
    if (!texts) return refuse("nothing was changed: " + texts.error().text());
    auto file = settings.policy;
    if (!question.drop_in.empty()) {
        file.replace_extension(".d");
        std::error_code error;  // if the folder cannot be made, neither can the draft, and that says why
        constexpr auto for_everybody = static_cast<fs::perms>(0755);  // stepupd reads it, whatever root's umask is
        if (fs::create_directory(file, error)) fs::permissions(file, for_everybody, error);
        file /= question.drop_in;
        if (file.extension() != ".toml") file += ".toml";
    }
    return Edit(std::move(file), *std::move(texts)).run();
}

}  // namespace stepup
