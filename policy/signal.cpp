#include "policy/signal.hpp"

namespace stepup {

std::string listed(SignalSet signals, std::string_view SignalRow::*by) {
    std::string text;
    for (const auto& row : signal_rows) {
        if (!signals.contains(row.signal)) continue;
        text += text.empty() ? "" : ", ";
        text += row.*by;
    }
    return text;
}

}  // namespace stepup
