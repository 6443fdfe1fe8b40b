#include "daemon/loop/folder_watch.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace stepup {

FolderWatch::FolderWatch(const asio::any_io_executor& loop, std::filesystem::path folder, std::string only,
                         std::function<void()> changed)
    : events_(loop),
      folder_(folder.has_filename() ? std::move(folder) : folder.parent_path()),
      only_(std::move(only)),
      changed_(std::move(changed)) {
    constexpr auto happenings = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR;
    UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!fd) return;
    events_.assign(fd.release());
    above_ = ::inotify_add_watch(events_.native_handle(), folder_.parent_path().c_str(), happenings);
    watch_folder();
    if (above_ < 0 && within_ < 0) events_.close();
}

/// The folder, not the file: useradd(8) and its like put another one in its place.
void FolderWatch::watch_folder() {
    constexpr auto happenings = IN_MOVED_TO | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_DELETE;
    const int before = within_;
    within_ = ::inotify_add_watch(events_.native_handle(), folder_.c_str(), happenings);
    if (before >= 0 && before != within_) ::inotify_rm_watch(events_.native_handle(), before);
}

asio::awaitable<void> FolderWatch::run() {
    while (events_.is_open()) {
        const auto [error] = co_await events_.async_wait(asio::posix::descriptor_base::wait_read, no_throw);
        if (error) co_return;
        if (read_changes()) changed_();
    }
}

/// True if one of what happened concerns the files that matter.
bool FolderWatch::read_changes() {
    alignas(inotify_event) std::array<char, 4096> buffer{};
    bool concerns = false;
    for (;;) {
        const auto got = ::read(events_.native_handle(), buffer.data(), buffer.size());
        if (got <= 0) return concerns;
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
            concerns = concerns_us(*event) || concerns;
            at += sizeof(inotify_event) + event->len;
        }
    }
}

bool FolderWatch::concerns_us(const inotify_event& event) {
    const std::string_view name = event.len > 0 ? event.name : "";
    const bool lost = (event.mask & IN_Q_OVERFLOW) != 0;
    if (event.wd == within_ && !lost) return (event.mask & IN_IGNORED) == 0 && (only_.empty() || name == only_);
    if (event.wd == above_ && !lost && name != folder_.filename().native()) return false;
    if (event.wd != above_ && !lost) return false;  // of a folder that is another by now
    watch_folder();
    return true;
}

}  // namespace stepup
