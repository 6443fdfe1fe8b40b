#include "daemon/settings.hpp"

#include "common/printable.hpp"
#include "tests/fuzz/fuzz.hpp"

// stepup.toml: settings within their ranges, or a complaint that names its place. A form feed begins the next file.

namespace {

using namespace stepup;
using fuzz::must;

void check(const Settings& settings) {
    must(settings.state.is_absolute() && settings.runtime.is_absolute() && settings.policy.is_absolute(),
         "paths are absolute");
    must(settings.master_key.empty() || settings.master_key.is_absolute(), "so is the key's, if there is one");
    must(settings.max_connections >= 16 && settings.max_connections <= 65536, "max_connections keeps its range");
    must(settings.max_per_user >= 1 && settings.max_per_user <= settings.max_connections / 2,
         "one user cannot take all connections");
    must(settings.attempt >= Seconds(10) && settings.attempt <= Seconds(300), "a login ends");
    must(!settings.lockers.empty(), "there are lockers");
    must(settings.issuer.empty() || is_printable(settings.issuer, 64), "an issuer can be shown");
}

void check(const Diagnosis& problem, std::size_t files) {
    const bool of_all = problem.message.find("max_per_user is more than half") != std::string::npos;
    must(of_all || (problem.line > 0 && problem.column > 0), "a complaint has line and column");
    must(of_all || problem.file.substr(0, 5) == "file ", "a complaint names its file");
    must(files > 0, "no file is nothing to complain about");
    must(printable(problem.text(), 100'000) == problem.text(), "a complaint can be shown");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    ConfigTexts texts;
    while (!input.empty()) texts.push_back({"file " + std::to_string(texts.size()), input.until('\f')});
    const auto settings = parse_settings(texts);
    settings ? check(*settings) : check(settings.error(), texts.size());
    texts.push_back({"file of nothing", "\n"});
    const auto again = parse_settings(texts);
    must(again.has_value() == settings.has_value() && (!again || *again == *settings),
         "an empty drop-in changes nothing");
    return 0;
}
