#include "policy/match_readers.hpp"

#include <algorithm>

namespace stepup {

namespace {

Heard<Network> as_network(std::string_view text, const toml::node& node) {
    const auto network = Network::parse(text);
    if (!network)
        return complain(node,
                        in_quotes(text)
                            + " is not a network: write an address and the length of its prefix, as in \"10.0.0.0/8\"; "
                              "a \"!\" before it excepts it");
    if (!network->is_exact()) {
        const Network meant{network->address.network(network->prefix), network->prefix};
        return complain(node,
                        in_quotes(text) + " has bits set behind its prefix; did you mean \"" + meant.text() + "\"?");
    }
    return *network;
}

/// A list that lets nobody match, or excepts what is not in it, is not what its author meant.
Heard<> must_make_sense(const Networks& networks, const toml::node& node) {
    const auto inside = [](const std::vector<Network>& list, const Network& one) {
        return std::any_of(list.begin(), list.end(), [&](const Network& each) { return each.contains(one); });
    };
    for (const auto& one : networks.among)
        if (inside(networks.except, one))
            return complain(node, "\"" + one.text() + "\" is excepted as a whole, so it can never match");
    for (const auto& one : networks.except)
        if (!networks.among.empty() && !inside(networks.among, one))
            return complain(node, "\"!" + one.text() + "\" excepts nothing: it is in no network of the list");
    return {};
}

}  // namespace

Heard<Networks> as_networks(const toml::node& node) {
    Networks networks;
    for (const auto& [text, element] : TRY(as_texts(node))) {
        const bool excepted = text.starts_with('!');
        const auto one = TRY(as_network(std::string_view(text).substr(excepted ? 1 : 0), *element));
        (excepted ? networks.except : networks.among).push_back(one);
    }
    TRY(must_make_sense(networks, node));
    return networks;
}

Heard<std::vector<TimeSpan>> as_times(const toml::node& node) {
    std::vector<TimeSpan> times;
    for (const auto& [text, element] : TRY(as_texts(node))) {
        const auto span = TimeSpan::parse(text);
        if (!span)
            return complain(*element,
                            in_quotes(text)
                                + " is not a time of the week: write days, hours or both, as in \"mon-fri "
                                  "08:00-18:00\"");
        times.push_back(*span);
    }
    return times;
}

}  // namespace stepup
