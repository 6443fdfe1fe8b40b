#pragma once

#include <atomic>
#include <string>

namespace stepup::test {

/// A way to the disk for SQLite that counts flushes and fails on demand: pass `name` as the vfs.
struct FaultyDisk {
    static constexpr const char* name = "faulty-disk";
    static void install();  ///< registers it with SQLite; at most once a process

    static inline std::atomic<int> fail_writes = 0;  ///< SQLite's result code for every write; 0: they succeed
    static inline std::atomic<int> fail_syncs = 0;
    static inline std::atomic<int> writes_left = -1;  ///< writes that succeed before fail_writes counts; -1: none do
    static inline std::atomic<unsigned> syncs = 0;
    static inline std::string full_while;  ///< the disk is full as long as there is a file of this name

    /// Everything works again.
    static void repair() {
        fail_writes = 0;
        fail_syncs = 0;
        writes_left = -1;
        full_while.clear();
    }
};

}  // namespace stepup::test
