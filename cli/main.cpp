#include <clocale>
#include <csignal>
#include <iostream>

#include "cli/arguments.hpp"

int main(int count, char** words) {
    using namespace stepup;
    std::setlocale(LC_ALL, "");
    cli::Options options;
    const auto parsed = cli::parse(count, words, options);
    if (const auto* ended = std::get_if<Exit>(&parsed)) return static_cast<int>(*ended);
    cli::Desk desk(options, std::cout, std::cerr);
    const auto exit = std::get<cli::Run>(parsed)(desk);
    if (const int number = cli::Terminal::pending_signal(); number != 0) {
        std::signal(number, SIG_DFL);  // everything is tidy: end as whoever sent it expects
        std::raise(number);
    }
    return static_cast<int>(exit);
}
