#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "daemon/core/policy_control.hpp"
#include "daemon/factors/catalogue.hpp"
#include "policy/drop_in.hpp"
#include "policy/load.hpp"

namespace stepup {

/// The policy that attempts begin with. A new one replaces it as a whole; attempts under way keep theirs.
class PolicyHolder final : public PolicyControl {
public:
    using Tell = std::function<void(const Loaded&)>;
    using TellSet = std::function<void(const Caller&, const DropInChange&)>;

    /// `tell` hears of every load, good or bad; `tell_set` of every drop-in that somebody set.
    PolicyHolder(std::filesystem::path path, std::filesystem::path state, Tell tell, TellSet tell_set)
        : path_(std::move(path)),
          state_(std::move(state)),
          tell_(std::move(tell)),
          tell_set_(std::move(tell_set)) {
        load();
    }

    /// Reads the files again; a bad file never replaces a good one.
    void load() {
        auto loaded = load_or_last_good(path_, state_);
        tell_(loaded);
        report_ = {loaded.origin, {}, std::move(loaded.texts)};
        for (const auto& problem : loaded.problems) report_.problems.push_back(problem.text());
        now_ = std::make_shared<const Policy>(std::move(loaded.policy));
    }
    PolicyReport reload() override {
        load();
        return report_;
    }
    Managed<PolicyReport> set(const Caller& caller, const std::string& name, const std::string& text) override {
        const auto change = drop_in_change(path_, state_, name, text, kinds_of_this_build());
        if (!change) return refuse(ManagementError::invalid_argument, "Nothing was changed: " + change.error().text());
        if (const auto stored = store(*change); !stored)
            return refuse(ManagementError::unavailable, "Nothing was changed: " + stored.error().text());
        tell_set_(caller, *change);
        return reload();
    }
    [[nodiscard]] PolicyReport report() const override { return report_; }
    [[nodiscard]] std::shared_ptr<const Policy> now() const { return now_; }

private:
    std::filesystem::path path_;
    std::filesystem::path state_;
    Tell tell_;
    TellSet tell_set_;
    std::shared_ptr<const Policy> now_;
    PolicyReport report_;
};

}  // namespace stepup
