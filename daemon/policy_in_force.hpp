#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "policy/load.hpp"

namespace stepup {

/// The policy that attempts begin with. A new one replaces it as a whole; attempts under way keep theirs.
class PolicyHolder {
public:
    using Tell = std::function<void(const Loaded&)>;

    /// `tell` hears of every load, good or bad.
    PolicyHolder(std::filesystem::path path, std::filesystem::path state, Tell tell)
        : path_(std::move(path)),
          state_(std::move(state)),
          tell_(std::move(tell)) {
        load();
    }

    /// Reads the files again; a bad file never replaces a good one.
    void load() {
        auto loaded = load_or_last_good(path_, state_);
        tell_(loaded);
        now_ = std::make_shared<const Policy>(std::move(loaded.policy));
    }
    [[nodiscard]] std::shared_ptr<const Policy> now() const { return now_; }

private:
    std::filesystem::path path_;
    std::filesystem::path state_;
    Tell tell_;
    std::shared_ptr<const Policy> now_;
};

}  // namespace stepup
