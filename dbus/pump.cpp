#include "dbus/pump.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>

#include <boost/asio/post.hpp>

#include "dbus/names.hpp"

namespace stepup::bus {
namespace {

constexpr int most_at_once = 64;                     // messages handled before the loop's other work has its turn
constexpr std::uint64_t answer_within = 10'000'000;  // µs; for the bus driver
constexpr int name_is_ours = 1;                      // DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER

std::string text_of(int error) { return std::strerror(error < 0 ? -error : error); }

}  // namespace

struct Pump::Watch {
    explicit Watch(boost::asio::io_context& loop) : descriptor(loop), timer(loop) { }
    boost::asio::posix::stream_descriptor descriptor;  // a duplicate: sd-bus closes its own
    boost::asio::steady_timer timer;
    bool reading = false;
    bool writing = false;
    bool live = true;  // while it is the Pump's: what was started before must not touch the Pump after
    Bus bus;
};

Pump::Pump(boost::asio::io_context& loop, Hooks hooks, Backoff backoff)
    : loop_(loop),
      hooks_(std::move(hooks)),
      backoff_(backoff),
      pause_(backoff.first),
      retry_(loop) { }

Pump::~Pump() { stop(); }

void Pump::start() {
    life_ = std::make_shared<int>();
    try_now();
}

void Pump::try_now() {
    const int connected = connect();
    connected < 0 ? drop(text_of(connected)) : rearm();
}

void Pump::stop() {
    life_.reset();
    retry_.cancel();
    leave();
}

void Pump::leave() {
    has_name_ = false;
    if (!watch_) return;
    watch_->live = false;
    watch_->descriptor.close();  // ends what waits on it; the last of them lets go of the bus
    watch_->timer.cancel();
    watch_.reset();
}

int Pump::connect() {
    auto watch = std::make_shared<Watch>(loop_);
    sd_bus* opened = nullptr;
    // Starts a non-blocking connect; greeting and authentication happen in sd_bus_process().
    if (const int error = sd_bus_open_system_with_description(&opened, "stepupd"); error < 0) return error;
    watch->bus.reset(opened);
    sd_bus_set_exit_on_disconnect(opened, 0);
    const int fd = ::fcntl(sd_bus_get_fd(opened), F_DUPFD_CLOEXEC, 3);
    if (fd < 0) return -errno;
    watch->descriptor.assign(fd);
    if (const int error = hooks_.equip(opened); error < 0) return error;
    watch_ = std::move(watch);
    return request_name();
}

int Pump::request_name() {
    sd_bus_message* made = nullptr;
    const int error = sd_bus_message_new_method_call(watch_->bus.get(), &made, "org.freedesktop.DBus",
                                                     "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName");
    if (error < 0) return error;
    const Message request(made);
    constexpr std::uint32_t do_not_queue = 4;  // DBUS_NAME_FLAG_DO_NOT_QUEUE
    if (const int appended = sd_bus_message_append(made, "su", service_name, do_not_queue); appended < 0)
        return appended;
    return call_async(
        watch_->bus.get(), made, [this](sd_bus_message* reply) { name_answered(reply); }, answer_within);
}

void Pump::name_answered(sd_bus_message* reply) {
    std::uint32_t answer = 0;
    const auto* error = sd_bus_message_get_error(reply);
    has_name_ = error == nullptr && read(reply, answer) && answer == name_is_ours;
    if (!has_name_) {
        const std::string why = error != nullptr && error->message != nullptr ? error->message : "the name is taken";
        // Not from within the handler of the very bus that would go.
        boost::asio::post(loop_, [this, watch = watch_, why] {
            if (watch->live) drop(why);
        });
        return;
    }
    pause_ = backoff_.first;
    told_ = false;
    hooks_.name_taken();
}

void Pump::drive() {
    const auto watch = watch_;  // handlers may drop it
    int done = 1;
    for (int i = 0; i < most_at_once && done > 0; ++i) done = sd_bus_process(watch->bus.get(), nullptr);
    if (!watch->live) return;
    if (done < 0 || sd_bus_is_open(watch->bus.get()) <= 0) return drop(done < 0 ? text_of(done) : "the bus hung up");
    if (done == 0) return rearm();
    boost::asio::post(loop_, [this, watch] {
        if (watch->live) drive();
    });
}

void Pump::kick() {
    if (!watch_) return;
    // Not at once: whoever kicks may be called by the very bus that rearm() may have to drop.
    boost::asio::post(loop_, [this, watch = watch_] {
        if (watch->live) rearm();
    });
}

void Pump::rearm() {
    const int events = sd_bus_get_events(watch_->bus.get());
    if (events < 0) return drop(text_of(events));
    if (!watch_->reading) wait_for(false);
    if ((events & POLLOUT) != 0 && !watch_->writing) wait_for(true);
    wait_until_timeout();
}

void Pump::wait_for(bool writable) {
    using Descriptor = boost::asio::posix::stream_descriptor;
    (writable ? watch_->writing : watch_->reading) = true;
    watch_->descriptor.async_wait(writable ? Descriptor::wait_write : Descriptor::wait_read,
                                  [this, writable, watch = watch_](boost::system::error_code error) {
                                      (writable ? watch->writing : watch->reading) = false;
                                      if (!error && watch->live) drive();
                                  });
}

void Pump::wait_until_timeout() {
    std::uint64_t at = UINT64_MAX;  // CLOCK_MONOTONIC in µs, which is what steady_clock counts
    if (sd_bus_get_timeout(watch_->bus.get(), &at) <= 0 || at == UINT64_MAX) return;
    watch_->timer.expires_at(std::chrono::steady_clock::time_point(std::chrono::microseconds(at)));
    watch_->timer.async_wait([this, watch = watch_](boost::system::error_code error) {
        if (!error && watch->live) drive();
    });
}

void Pump::drop(const std::string& why) {
    leave();
    if (!std::exchange(told_, true)) hooks_.lost(why);
    retry_later();
}

void Pump::retry_later() {
    retry_.expires_after(pause_);
    pause_ = std::min(pause_ * 2, backoff_.longest);
    retry_.async_wait([this, life = std::weak_ptr(life_)](boost::system::error_code error) {
        if (!error && !life.expired()) try_now();
    });
}

}  // namespace stepup::bus
