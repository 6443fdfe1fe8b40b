#include <algorithm>

#include "cli/foreign/pieces.hpp"

namespace stepup::foreign {
namespace {

/// The file while it is read: the secret, options behind `" `, then scratch codes.
class SecretFile {
public:
    explicit SecretFile(std::int64_t now) : now_(now) { }

    void take(std::string_view line, unsigned number) {
        if (number == 1) return take_secret(line);
        if (line.starts_with("\" ")) return take_option(line.substr(2), number);
        if (line.empty()) return;
        if (is_scratch_code(line)) {
            if (scratch_codes_++ == 0) first_scratch_code_ = number;
        } else {
            note(number, Outcome::refused, "is nothing that google-authenticator knows.");
        }
    }

    Reading finish() {
        if (scratch_codes_ > 0)
            note(first_scratch_code_, Outcome::refused,
                 std::to_string(scratch_codes_) + (scratch_codes_ == 1 ? " scratch code" : " scratch codes")
                     + ": 8 digits are too few. `stepup recovery regenerate` makes better ones.");
        if (const auto* why = what_is_wrong()) {
            reading_.notes.push_back({1, {}, Outcome::refused, why});
            return std::move(reading_);
        }
        set_counter();
        reading_.generators.push_back(std::move(found_));
        return std::move(reading_);
    }

private:
    void note(unsigned number, Outcome outcome, std::string text) {
        reading_.notes.push_back({number, {}, outcome, std::move(text), false});
    }

    void take_secret(std::string_view line) {
        found_.line = 1;
        has_secret_ = take_base32(line, found_);
    }

    static bool is_scratch_code(std::string_view line) {
        return line.size() == 8 && line.find_first_not_of("0123456789") == std::string_view::npos;
    }

    void take_option(std::string_view option, unsigned number) {
        const auto words = words_of(option, 4096);
        if (words.empty()) return;
        const auto name = words.front();
        const auto value = words.size() > 1 ? words[1] : std::string_view();
        if (name == "TOTP_AUTH") {
            is_totp_ = true;
        } else if (name == "HOTP_COUNTER") {
            hotp_counter_ = number_in<std::uint32_t>(value).value_or(0);
        } else if (name == "STEP_SIZE") {
            found_.period = number_in<unsigned>(value).value_or(0);
        } else if (name == "DISALLOW_REUSE") {
            disallow_reuse_ = number;
            for (auto word = words.begin() + 1; word != words.end(); ++word) take_used_step(*word);
        } else {
            take_other(name, value, number);
        }
    }

    void take_used_step(std::string_view word) {
        const auto step = number_in<std::uint32_t>(word);
        if (!step) used_are_garbled_ = true;
        last_used_ = std::max(last_used_, step.value_or(0));
    }

    void take_other(std::string_view name, std::string_view value, unsigned number) {
        if (name == "RATE_LIMIT")
            note(number, Outcome::changed,
                 "a limit of tries: stepup slows guessing down and locks as its policy says.");
        else if (name == "WINDOW_SIZE")
            note(number, Outcome::changed, "a window of codes: here one code before and one after count.");
        else if (name == "TIME_SKEW" && value != "0")
            note(number, Outcome::changed,
                 "a learned clock offset is not taken over: set the clock of the device right.");
        else if (name == "RESETTING_TIME_SKEW")
            note(number, Outcome::changed, "a clock offset that was being learned is not taken over.");
        else if (name.size() == 5 && name.starts_with("LAST"))
            note(number, Outcome::changed, "logins of late that need no code: here the policy's `window` does that.");
        else if (name != "TIME_SKEW")
            note(number, Outcome::changed, "an option that this stepup does not know is not taken over.");
    }

    [[nodiscard]] const char* what_is_wrong() const {
        if (!has_secret_) return "does not begin with a secret in base32: is it a file of google-authenticator?";
        if (!is_totp_ && hotp_counter_ == 0) return "says neither that codes count time nor at which one they are.";
        if (is_totp_ && (found_.period < 15 || found_.period > 60))
            return "its codes are shown for less than 15 or more than 60 seconds.";
        if (is_totp_ && used_are_garbled_) return "its list of used codes cannot be read.";
        if (is_totp_ && last_used_ > static_cast<std::uint64_t>(now_) / found_.period + farthest_step)
            return "its used codes are of a day to come. Is the clock of this host right?";
        return nullptr;
    }

    void set_counter() {
        found_.counts_time = is_totp_;
        found_.counter = is_totp_ ? last_used_ : hotp_counter_;
        if (!is_totp_) found_.period = Generator().period;  // a token that counts has none, whatever STEP_SIZE says
        if (!is_totp_) return;
        if (disallow_reuse_ == 0)
            note(1, Outcome::changed,
                 "a code could be used again and again while it was shown: here each counts once.");
        else if (last_used_ > 0)
            note(disallow_reuse_, Outcome::taken, "codes that were used there stay used.");
    }

    std::int64_t now_;
    Reading reading_;
    Generator found_;
    bool has_secret_ = false;
    bool is_totp_ = false;
    std::uint32_t hotp_counter_ = 0;  ///< theirs begin with 1
    unsigned disallow_reuse_ = 0;     ///< its line
    bool used_are_garbled_ = false;
    std::uint32_t last_used_ = 0;
    unsigned scratch_codes_ = 0;
    unsigned first_scratch_code_ = 0;
};

}  // namespace

Reading read_google_authenticator(std::string_view text, std::int64_t now) {
    SecretFile file(now);
    each_line(text, [&](std::string_view line, unsigned number) { file.take(line, number); });
    return file.finish();
}

}  // namespace stepup::foreign
