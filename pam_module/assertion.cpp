#include <cstdlib>

#if defined(_GLIBCXX_ASSERTIONS) && _GLIBCXX_RELEASE >= 12
namespace std {

/// Where a failed check of the standard library's containers ends (_GLIBCXX_ASSERTIONS, an index out of range for one).
/// libstdc++ defines it too, but together with iostreams' and exceptions' run time, which we keep out of sshd.
[[noreturn]] void __glibcxx_assert_fail(const char*, int, const char*, const char*) noexcept { abort(); }

}  // namespace std
#endif
