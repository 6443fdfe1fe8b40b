// load_time MODULE...: what it costs a process that has libpam and libc to load a PAM module, in turn, 200 times each,
// each time in a process of its own. Prints a line for each, "MODULE MICROSECONDS OBJECTS": the median, and how many
// shared objects came in.

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <link.h>
#include <security/pam_appl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace {

constexpr std::size_t rounds = 200;

struct Seen {
    double micros = 0;
    int objects = 0;
};

double micros() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

int loaded() {
    int count = 0;
    ::dl_iterate_phdr([](dl_phdr_info*, std::size_t, void* seen) { return ++*static_cast<int*>(seen), 0; }, &count);
    return count;
}

/// As libpam does it.
void load(const char* module, Seen& seen) {
    const int before = loaded();
    const double began = micros();
    const bool is_there = ::dlopen(module, RTLD_NOW) != nullptr;
    seen.micros = micros() - began;
    seen.objects = is_there ? loaded() - before : -1;
}

}  // namespace

int main(int argc, char** argv) {
    (void)pam_strerror(nullptr, PAM_SUCCESS);  // libpam is really linked
    auto* seen
        = static_cast<Seen*>(::mmap(nullptr, sizeof(Seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    std::vector<std::vector<double>> times(static_cast<std::size_t>(argc));
    std::vector<int> objects(times.size());
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t i = 1; i < times.size(); ++i) {
            if (::fork() == 0) {
                load(argv[i], *seen);
                ::_exit(0);
            }
            ::wait(nullptr);
            times[i].push_back(seen->micros);
            objects[i] = seen->objects;
        }
    for (std::size_t i = 1; i < times.size(); ++i) {
        std::sort(times[i].begin(), times[i].end());
        std::printf("%s %.1f %d\n", argv[i], times[i][rounds / 2], objects[i]);
    }
    return 0;
}
