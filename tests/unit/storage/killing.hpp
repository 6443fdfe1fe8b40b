#pragma once

#include <functional>

namespace stepup::test {

/// Runs what `prepare` gives in a child and kills it right before (the k-th time) it asks the kernel to change a file:
/// write, rename, remove, flush, cut, make. Its main thread alone is watched. False if it ended before that.
[[nodiscard]] bool killed_before_change(unsigned k, const std::function<std::function<void()>()>& prepare);

}  // namespace stepup::test
