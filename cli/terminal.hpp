#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "common/frame.hpp"
#include "common/secret.hpp"
#include "common/unique_fd.hpp"
#include "common/wire.hpp"

namespace stepup::cli {

/// The person at the terminal, wherever input and output are redirected to.
class Terminal {
public:
    enum class Silence : std::uint8_t {
        nobody,     ///< there is no terminal
        cancelled,  ///< Ctrl-C, Ctrl-D, hang-up
        too_late,   ///< no answer before the deadline
    };
    using Typed = std::variant<Secret, Silence>;

    /// Shows `question`, reads one line. A signal that comes meanwhile leaves the terminal as it was; it is kept for
    /// `pending_signal`.
    [[nodiscard]] Typed ask(std::string_view question, wire::Echo echo, Deadline deadline);
    /// Shows a line, if there is anybody to see it.
    void tell(std::string_view line);
    [[nodiscard]] bool is_there();

    /// The signal that ended the last question, to die of once everything is tidy; 0 if none.
    [[nodiscard]] static int pending_signal();

private:
    UniqueFd fd_;
};

/// What can be shown on standard output.
struct Canvas {
    bool is_terminal = false;
    bool utf8 = false;
    bool colors = false;    ///< knows escape sequences
    std::size_t width = 0;  ///< columns; 0: no limit
};
[[nodiscard]] Canvas canvas();
/// How many columns the terminal behind `fd` has; 0: there is none.
[[nodiscard]] std::size_t width_of(int fd);

}  // namespace stepup::cli
