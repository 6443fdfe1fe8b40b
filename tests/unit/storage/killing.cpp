#include "killing.hpp"

#include <algorithm>
#include <array>
#include <csignal>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stepup::test {
namespace {

bool changes_a_file(const user_regs_struct& call) {
    constexpr std::array<unsigned long long, 13> always{
        SYS_write, SYS_pwrite64,  SYS_rename, SYS_renameat, SYS_renameat2, SYS_unlink,    SYS_unlinkat,
        SYS_fsync, SYS_fdatasync, SYS_link,   SYS_linkat,   SYS_ftruncate, SYS_fallocate,
    };
    if (std::find(always.begin(), always.end(), call.orig_rax) != always.end()) return true;
    return call.orig_rax == SYS_openat && (call.rdx & O_CREAT) != 0;
}

}  // namespace

bool killed_before_change(unsigned k, const std::function<std::function<void()>()>& prepare) {
    const pid_t child = ::fork();
    if (child == 0) {
        const auto work = prepare();
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        work();
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSTOPPED(status)) << "this kernel lets nobody be traced";
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    unsigned changes = 0;
    bool entering = true;
    for (;;) {
        if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0 || ::waitpid(child, &status, 0) != child) break;
        if (WIFEXITED(status) || WIFSIGNALED(status)) break;
        if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80)) continue;
        user_regs_struct call{};
        if (entering && ::ptrace(PTRACE_GETREGS, child, nullptr, &call) == 0 && changes_a_file(call)
            && changes++ == k) {
            ::kill(child, SIGKILL);
            EXPECT_EQ(::waitpid(child, &status, 0), child);
            return true;
        }
        entering = !entering;
    }
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the work itself failed";
    return false;
}

}  // namespace stepup::test
