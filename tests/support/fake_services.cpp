#include "tests/support/fake_services.hpp"

#include <chrono>
#include <stdexcept>

namespace stepup::testing {
namespace {

bus::Bus connection(const char* name) {
    sd_bus* opened = nullptr;
    if (sd_bus_open_system(&opened) < 0) throw std::runtime_error("no bus");
    bus::Bus made(opened);
    if (name != nullptr && sd_bus_request_name(opened, name, 0) < 0) throw std::runtime_error("no name");
    return made;
}

template <int (FakePolkit::*Member)(sd_bus_message*)> int handle(sd_bus_message* call, void* polkit, sd_bus_error*) {
    return (static_cast<FakePolkit*>(polkit)->*Member)(call);
}

const sd_bus_vtable authority[]
    = {SD_BUS_VTABLE_START(0),
       SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", handle<&FakePolkit::check>,
                     SD_BUS_VTABLE_UNPRIVILEGED),
       SD_BUS_METHOD("CancelCheckAuthorization", "s", "", handle<&FakePolkit::cancel>, SD_BUS_VTABLE_UNPRIVILEGED),
       SD_BUS_VTABLE_END};

}  // namespace

FakePolkit::FakePolkit(Says says) : bus_(connection("org.freedesktop.PolicyKit1")), says_(says) {
    sd_bus_add_object_vtable(bus_.get(), nullptr, "/org/freedesktop/PolicyKit1/Authority",
                             "org.freedesktop.PolicyKit1.Authority", authority, this);
    thread_ = std::thread([this] {
        while (!stops_)
            if (sd_bus_process(bus_.get(), nullptr) == 0) (void)sd_bus_wait(bus_.get(), 10'000);
    });
}

FakePolkit::~FakePolkit() {
    stops_ = true;
    thread_.join();
}

std::vector<FakePolkit::Asked> FakePolkit::asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
}

std::vector<std::string> FakePolkit::withdrawn() {
    const std::lock_guard lock(mutex_);
    return withdrawn_;
}

bool FakePolkit::waits_until(const std::function<bool()>& condition) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    return condition();
}

int FakePolkit::check(sd_bus_message* call) {
    Asked asked;
    const char* kind = nullptr;
    const char* key = nullptr;
    const char* caller = nullptr;
    const char* action = nullptr;
    const char* detail = nullptr;
    const char* user = nullptr;
    const char* id = nullptr;
    const int read = sd_bus_message_read(call, "(sa{sv})sa{ss}us", &kind, 1, &key, "s", &caller, &action, 1, &detail,
                                         &user, &asked.flags, &id);
    if (read < 0) return read;
    asked.caller = caller;
    asked.action = action;
    asked.user = user;
    asked.id = id;
    {
        const std::lock_guard lock(mutex_);
        asked_.push_back(asked);
    }
    switch (says_) {
    case Says::yes: return sd_bus_reply_method_return(call, "(bba{ss})", 1, 0, 0);
    case Says::no: return sd_bus_reply_method_return(call, "(bba{ss})", 0, 0, 0);
    case Says::challenge: return sd_bus_reply_method_return(call, "(bba{ss})", 0, 1, 0);
    case Says::garbage: return sd_bus_reply_method_return(call, "b", 1);
    case Says::error: return sd_bus_reply_method_errorf(call, "org.freedesktop.PolicyKit1.Error.Failed", "no");
    case Says::nothing: break;
    }
    const std::lock_guard lock(mutex_);
    pending_.push_back({asked.id, bus::share(call)});
    return 1;
}

int FakePolkit::cancel(sd_bus_message* call) {
    const char* id = nullptr;
    if (sd_bus_message_read(call, "s", &id) < 0) return -1;
    const std::lock_guard lock(mutex_);
    withdrawn_.emplace_back(id);
    for (const auto& one : pending_)
        if (one.id == id)
            sd_bus_reply_method_errorf(one.call.get(), "org.freedesktop.PolicyKit1.Error.Cancelled", "withdrawn");
    std::erase_if(pending_, [&](const auto& one) { return one.id == id; });
    return sd_bus_reply_method_return(call, "");
}

FakeLogind::FakeLogind(bool is_logind) : bus_(connection(is_logind ? "org.freedesktop.login1" : nullptr)) { }

void FakeLogind::session_removed(const std::string& id) {
    sd_bus_emit_signal(bus_.get(), "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "SessionRemoved", "so",
                       id.c_str(), "/org/freedesktop/login1/session/any");
    sd_bus_flush(bus_.get());
}

void FakeLogind::lock(const std::string& id) {
    char* path = nullptr;
    sd_bus_path_encode("/org/freedesktop/login1/session", id.c_str(), &path);
    sd_bus_emit_signal(bus_.get(), path, "org.freedesktop.login1.Session", "Lock", "");
    sd_bus_flush(bus_.get());
    std::free(path);
}

void FakeLogind::prepare_for_sleep(bool begins) {
    sd_bus_emit_signal(bus_.get(), "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep", "b",
                       begins ? 1 : 0);
    sd_bus_flush(bus_.get());
}

}  // namespace stepup::testing
