#pragma once

#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stepup::test {

/// The driver (driver.cpp) in a process of its own, prepared by `prepare` before it is executed.
class Program {
public:
    explicit Program(
        std::vector<std::string> words, const std::function<void()>& prepare = [] {}) {
        const char* driver = std::getenv("PAM_STEPUP_DRIVER");
        EXPECT_NE(driver, nullptr) << "PAM_STEPUP_DRIVER names the program to run";
        words.insert(words.begin(), driver == nullptr ? "" : driver);
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        child_ = ::fork();
        if (child_ != 0) return;
        prepare();
        ::execv(arguments[0], arguments.data());
        ::_exit(127);
    }

    /// The PAM code of its last call; 128 and the signal's number if one killed it.
    int wait() {
        int status = 0;
        EXPECT_EQ(::waitpid(child_, &status, 0), child_);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    pid_t child_ = -1;
};

}  // namespace stepup::test
