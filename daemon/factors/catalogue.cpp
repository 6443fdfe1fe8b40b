#include "daemon/factors/catalogue.hpp"

#include "daemon/factors/hotp.hpp"
#include "daemon/factors/recovery_code.hpp"
#include "daemon/factors/ssh_security_key.hpp"
#include "daemon/factors/totp.hpp"

namespace stepup {
namespace {

struct Maker {
    FactorKind kind;
    std::unique_ptr<Factor> (*make)(const Secret& pepper);
};

// A new factor is one row here, one file beside it, one test, and a line in docs/policy.md.
constexpr std::array makers{
    Maker{FactorKind::totp, [](const Secret&) { return make_totp(); }},
    Maker{FactorKind::hotp, [](const Secret&) { return make_hotp(); }},
    Maker{FactorKind::recovery_code, [](const Secret& pepper) { return make_recovery_code(pepper); }},
    Maker{FactorKind::ssh_security_key, [](const Secret&) { return make_ssh_security_key(); }},
    Maker{FactorKind::bypass_code, [](const Secret& pepper) { return make_handed_out_code(pepper); }},
    Maker{FactorKind::invite, [](const Secret& pepper) { return make_handed_out_code(pepper); }},
};

}  // namespace

FactorSet kinds_of_this_build() {
    FactorSet kinds;
    for (const auto& maker : makers) kinds.insert(maker.kind);
    return kinds;
}

Catalogue::Catalogue(const Secret& recovery_pepper) {
    for (const auto& maker : makers) by_kind_.at(static_cast<std::size_t>(maker.kind)) = maker.make(recovery_pepper);
}

const Factor* Catalogue::find(FactorKind kind) const { return by_kind_.at(static_cast<std::size_t>(kind)).get(); }

}  // namespace stepup
