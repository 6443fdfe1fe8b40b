#include "policy/toml_text.hpp"

#include <algorithm>

namespace stepup {

namespace {

/// Walks over a text, and knows what is quoted and what is a comment (TOML 1.0).
class Walk {
public:
    explicit Walk(std::string_view text) : text_(text) {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // a byte order mark, which toml++ passes over
    }

    std::optional<TextFault> find_fault() {
        while (at_ < text_.size() && message_ == nullptr) step();
        if (message_ == nullptr) return std::nullopt;
        return TextFault{place(), message_};
    }

private:
    void step() {
        const char c = text_[at_];
        if (c == '#') return skip_comment();
        if (c == '"' || c == '\'') return skip_quoted(c);
        if (c == '[' && begins_ && depth_ == 0) return skip_header();
        if (static_cast<unsigned char>(c) >= 0x80) message_ = "only in quotes and comments may a letter not be ASCII";
        if (c == '[' || c == '{') ++depth_;
        if ((c == ']' || c == '}') && depth_ > 0) --depth_;
        if (c == '\n')
            begins_ = true;
        else if (c != ' ' && c != '\t' && c != '\r')
            begins_ = false;
        pass();
    }

    /// Steps over one byte, unless there is something wrong with it.
    void pass() {
        const auto byte = static_cast<unsigned char>(text_[at_]);
        if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F)
            message_ = "a control character stands here";
        if (message_ == nullptr) ++at_;
    }
    void pass_until(std::size_t end) {
        while (at_ < std::min(end, text_.size()) && message_ == nullptr) pass();
    }
    void skip_comment() { pass_until(text_.find('\n', at_)); }
    void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t", at_), text_.size()); }

    void skip_quoted(char quote) {
        begins_ = false;
        const std::string_view thrice = quote == '"' ? "\"\"\"" : "'''";
        const bool lines = text_.substr(at_).starts_with(thrice);
        const auto mark = thrice.substr(0, lines ? 3 : 1);
        pass_until(at_ + mark.size());
        while (at_ < text_.size() && message_ == nullptr) {
            if (text_.substr(at_).starts_with(mark)) {
                pass_until(at_ + mark.size());
                while (lines && at_ < text_.size() && text_[at_] == quote) ++at_;  // two more may belong to the text
                return;
            }
            if (!lines && text_[at_] == '\n') return;  // never closed: the parser says so
            if (quote == '"' && text_[at_] == '\\') pass();
            pass_until(at_ + 1);
        }
    }

    void skip_header() {
        begins_ = false;
        ++at_;
        if (at_ < text_.size() && text_[at_] == '[') ++at_;
        skip_blanks();
        if (at_ == text_.size()) return;
        const char c = text_[at_];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && std::string_view("-_\"']").find(c) == std::string_view::npos)
            message_ = "in [brackets], the name of a table must stand";
    }

    [[nodiscard]] toml::source_position place() const {
        toml::source_position place{1, 1};
        for (const char c : text_.substr(0, at_)) {
            const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
            if (c == '\n')
                place = {place.line + 1, 1};
            else if (!continues)
                ++place.column;
        }
        return place;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;  ///< brackets and braces of values that are open
    bool begins_ = true;     ///< nothing but blanks stands before this in its line
    const char* message_ = nullptr;
};

}  // namespace

std::optional<TextFault> fault_before_parsing(std::string_view text) { return Walk(text).find_fault(); }

}  // namespace stepup
