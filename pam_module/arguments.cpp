#include "pam_module/arguments.hpp"

#include <charconv>
#include <optional>

namespace stepup {
namespace {

constexpr int shortest_timeout = 5;
constexpr int longest_timeout = 300;

std::optional<std::string_view> value_of(std::string_view argument, std::string_view name) {
    if (!argument.starts_with(name)) return std::nullopt;
    argument.remove_prefix(name.size());
    return argument;
}

bool read_socket(std::string_view path, Arguments& into) {
    into.socket = path;
    return path.starts_with('/');
}

bool read_timeout(std::string_view digits, Arguments& into) {
    int seconds = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    into.timeout = Seconds(seconds);
    return error == std::errc() && end == digits.data() + digits.size() && seconds >= shortest_timeout
        && seconds <= longest_timeout;
}

bool read_one(std::string_view argument, Arguments& into) {
    if (const auto path = value_of(argument, "socket=")) return read_socket(*path, into);
    if (const auto digits = value_of(argument, "timeout=")) return read_timeout(*digits, into);
    if (argument == "debug") return into.debug = true;
    if (argument == "after_key") return into.after_key = true;
    return false;
}

}  // namespace

tl::expected<Arguments, const char*> parse_arguments(std::span<const char* const> given) {
    Arguments arguments;
    for (const char* argument : given)
        if (!read_one(argument, arguments)) return tl::make_unexpected(argument);
    return arguments;
}

}  // namespace stepup
