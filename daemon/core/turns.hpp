#pragma once

#include <deque>
#include <functional>
#include <map>
#include <utility>

namespace stepup {

/// One at a time for each key: what checks first and changes later must not meet another of its kind in between.
template <class Key> class Turns {
public:
    using Task = std::function<void()>;

    /// Runs `task` now, or as soon as those of `key` that came earlier have left.
    void enter(const Key& key, Task task) {
        const auto [waiting, is_free] = waiting_.try_emplace(key);
        if (is_free)
            task();
        else
            waiting->second.push_back(std::move(task));
    }

    /// The task of `key` that runs is done; its successor runs.
    void leave(const Key& key) {
        const auto waiting = waiting_.find(key);
        if (waiting == waiting_.end()) return;
        if (waiting->second.empty()) {
            waiting_.erase(waiting);
            return;
        }
        const Task next = std::move(waiting->second.front());
        waiting->second.pop_front();
        next();
    }

private:
    std::map<Key, std::deque<Task>> waiting_;  // a key is there while one of its tasks runs
};

}  // namespace stepup
