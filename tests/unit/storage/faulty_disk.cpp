#include "faulty_disk.hpp"

#include <sqlite3.h>
#include <unistd.h>

namespace stepup::test {
namespace {

sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs faulty_vfs;
sqlite3_io_methods methods;

struct File {
    sqlite3_file base;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

/// Calls the same method of the real file.
template <auto method, class... Args> int forward(sqlite3_file* file, Args... args) {
    auto* real = reinterpret_cast<File*>(file)->real();
    return (real->pMethods->*method)(real, args...);
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    if (!FaultyDisk::full_while.empty() && ::access(FaultyDisk::full_while.c_str(), F_OK) == 0) return SQLITE_FULL;
    const int code = FaultyDisk::fail_writes;
    if (code != 0 && (FaultyDisk::writes_left < 0 || FaultyDisk::writes_left-- == 0)) {
        FaultyDisk::writes_left = -1;
        return code;
    }
    return forward<&sqlite3_io_methods::xWrite>(file, data, size, offset);
}

int sync(sqlite3_file* file, int flags) {
    ++FaultyDisk::syncs;
    if (const int code = FaultyDisk::fail_syncs; code != 0) return code;
    return forward<&sqlite3_io_methods::xSync>(file, flags);
}

int open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    file->pMethods = nullptr;
    auto* real = reinterpret_cast<File*>(file)->real();
    const int code = real_vfs->xOpen(real_vfs, path, real, flags, out_flags);
    if (real->pMethods != nullptr) file->pMethods = &methods;
    return code;
}

}  // namespace

void FaultyDisk::install() {
    if (real_vfs != nullptr) return;
    real_vfs = sqlite3_vfs_find(nullptr);
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = name;
    faulty_vfs.szOsFile = static_cast<int>(sizeof(File)) + real_vfs->szOsFile;
    faulty_vfs.xOpen = open;
    using M = sqlite3_io_methods;
    methods.iVersion = 2;
    methods.xClose = forward<&M::xClose>;
    methods.xRead = forward<&M::xRead, void*, int, sqlite3_int64>;
    methods.xWrite = write;
    methods.xTruncate = forward<&M::xTruncate, sqlite3_int64>;
    methods.xSync = sync;
    methods.xFileSize = forward<&M::xFileSize, sqlite3_int64*>;
    methods.xLock = forward<&M::xLock, int>;
    methods.xUnlock = forward<&M::xUnlock, int>;
    methods.xCheckReservedLock = forward<&M::xCheckReservedLock, int*>;
    methods.xFileControl = forward<&M::xFileControl, int, void*>;
    methods.xSectorSize = forward<&M::xSectorSize>;
    methods.xDeviceCharacteristics = forward<&M::xDeviceCharacteristics>;
    methods.xShmMap = forward<&M::xShmMap, int, int, int, void volatile**>;
    methods.xShmLock = forward<&M::xShmLock, int, int, int>;
    methods.xShmBarrier = [](sqlite3_file* file) {
        auto* real = reinterpret_cast<File*>(file)->real();
        real->pMethods->xShmBarrier(real);
    };
    methods.xShmUnmap = forward<&M::xShmUnmap, int>;
    sqlite3_vfs_register(&faulty_vfs, 0);
}

}  // namespace stepup::test
