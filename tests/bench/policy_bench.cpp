// policy_bench [RULES [NETWORKS]]: what one decision costs, with 1,000 rules and 1,000,000 suspicious networks, beside
// the three codes that one TOTP verification computes. All in one run, in turn; prints the medians and their ratio.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "daemon/core/risk.hpp"
#include "daemon/factors/oath.hpp"
#include "policy/address_set.hpp"
#include "policy/decide.hpp"

namespace {

using namespace stepup;
using Micros = std::chrono::duration<double, std::micro>;

constexpr std::size_t rounds = 2'001;

std::size_t argument(int count, char** words, int place, std::size_t otherwise) {
    return count > place ? std::strtoul(words[place], nullptr, 10) : otherwise;
}

Address any_address(std::mt19937& random) {
    const auto part = [&] { return std::to_string(random() % 256); };
    return *Address::parse(part() + "." + part() + "." + part() + "." + part());
}

/// The last rule is the one that decides: every other is looked at.
Policy policy_of(std::size_t rules, std::mt19937& random) {
    Policy policy;
    for (std::size_t i = 0; i + 1 < rules; ++i)
        policy.rules.push_back({.name = "rule " + std::to_string(i),
                                .match = {.services = {"sshd", "sudo"},
                                          .groups = {"group" + std::to_string(i)},
                                          .networks = {.among = {{any_address(random).network(24), 24}}}},
                                .terms = {},
                                .file = "bench"});
    policy.rules.push_back(
        {.name = "last", .match = {.services = {"sshd"}}, .terms = {.level = Level::risk_based}, .file = "bench"});
    return policy;
}

AddressSet networks_of(std::size_t count, std::mt19937& random) {
    std::vector<Network> networks;
    networks.reserve(count);
    for (std::size_t i = 0; i < count; ++i) networks.push_back({any_address(random), 32});
    return AddressSet(networks);
}

template <class Work> double micros(Work work) {
    const auto began = std::chrono::steady_clock::now();
    work();
    return Micros(std::chrono::steady_clock::now() - began).count();
}

double median(std::vector<double>& times) {
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
    return times[times.size() / 2];
}

}  // namespace

int main(int count, char** words) {
    std::mt19937 random(1);
    const auto policy = policy_of(argument(count, words, 1, 1'000), random);
    const auto networks = networks_of(argument(count, words, 2, 1'000'000), random);
    std::vector<double> decisions;
    std::vector<double> lookups;
    std::vector<double> codes;
    std::size_t asked = 0;
    for (std::size_t i = 0; i < rounds; ++i) {
        Facts facts{.service = "sshd", .user = "alice", .groups = {{"staff"}}, .target = "alice"};
        facts.whence = {From::remote, any_address(random)};
        facts.signals = {{}, {}};
        lookups.push_back(micros([&] {
            if (networks.contains(*facts.whence.address)) facts.signals.fired.insert(Signal::suspicious_ip);
        }));
        decisions.push_back(
            micros([&] { asked += rule_on(policy, facts).requirement.level == Level::required ? 1 : 0; }));
        codes.push_back(micros([&] {
            auto totp = OathCodes::open("12345678901234567890", {});
            for (std::uint64_t step = i; totp && step < i + 3; ++step) asked += totp->at(step)->size() == 7 ? 1 : 0;
        }));
    }
    const auto decision = median(decisions);
    const auto lookup = median(lookups);
    const auto verification = median(codes);
    std::printf("%zu rules: %.1f us; among %zu networks: %.2f us; a TOTP verification: %.1f us; ratio %.2f (%zu)\n",
                policy.rules.size(), decision, networks.ranges(), lookup, verification,
                (decision + lookup) / verification, asked);
    return 0;
}
