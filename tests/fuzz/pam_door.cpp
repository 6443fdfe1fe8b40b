#include "daemon/pam_door/door.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <set>

#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/temporary.hpp"
#include "tests/support/fake_recorder.hpp"
#include "tests/support/fakes.hpp"

// pam.sock from the daemon's side, through a real socket, with calls that fail as the input says: whatever a client
// sends, nothing is granted but what the store accepted.

namespace {

using namespace stepup;
using namespace stepup::testing;
using namespace std::string_view_literals;
using fuzz::must;

// Slow comparisons run on another thread; one that is not done when the loop has nothing left stays without a verdict.

/// While the door runs: which calls of it fail.
fuzz::Input* failing = nullptr;

bool fails(std::uint8_t odds) { return failing != nullptr && failing->once_in(odds); }

int failure() {
    constexpr std::array reasons{ECONNRESET, ENOMEM, EMFILE, EINTR, EPIPE, EIO, ESRCH, ENOBUFS};
    errno = reasons.at(failing->up_to(reasons.size() - 1));
    return -1;
}

}  // namespace

extern "C" {
ssize_t recvmsg(int fd, msghdr* message, int flags) {
    return fails(64) ? failure() : ::syscall(SYS_recvmsg, fd, message, flags);
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    return fails(64) ? failure() : ::syscall(SYS_sendmsg, fd, message, flags);
}
int accept4(int fd, sockaddr* name, socklen_t* size, int flags) {
    return fails(64) ? failure() : static_cast<int>(::syscall(SYS_accept4, fd, name, size, flags));
}
int getsockopt(int fd, int level, int option, void* value, socklen_t* size) noexcept {
    return fails(64) ? failure() : static_cast<int>(::syscall(SYS_getsockopt, fd, level, option, value, size));
}
}

namespace {

class OneUser final : public Accounts {
public:
    void find(const std::string& name, Done<Account> done) override {
        if (name != "alice") return done(fail(fails(2) ? Errc::unavailable : Errc::not_found, "nobody"));
        done(Account{{1000, "alice"}, std::vector<std::string>{}});
    }
    void find(uid_t uid, Done<Account> done) override {
        if (fails(32)) return done(fail(Errc::unavailable, "no answer"));
        done(Account{{uid, uid == 0 ? "root" : "alice"}, std::vector<std::string>{}});
    }
};
class NoJournal final : public AuditSink {
public:
    void show(const AuditEntry&) override { }
};

/// Some that cannot be read.
class FailingRecords final : public Records {
public:
    FakeRecords good;

    Result<std::vector<Enrollment>> enrollments(const AccountKey& account, Instant now) const override {
        if (fails(32)) return broken();
        return good.enrollments(account, now);
    }
    Result<Material> material(const Enrollment& enrollment, const Secret& answer) const override {
        if (fails(32)) return broken();
        return good.material(enrollment, answer);
    }
    Result<Material> decoy(FactorKind kind) const override {
        if (fails(32)) return broken();
        return good.decoy(kind);
    }
    Result<std::vector<Verification>> verifications(const AccountKey& account, Instant now) const override {
        if (fails(32)) return broken();
        return good.verifications(account, now);
    }
    Result<AccountSummary> summary(const AccountKey& account, const Limits& limits, Instant now) const override {
        return good.summary(account, limits, now);
    }
    Result<std::vector<AccountSummary>> summaries(const AccountKey& after, std::size_t most, const LimitsOf& limits,
                                                  Instant now) const override {
        return good.summaries(after, most, limits, now);
    }
    Result<std::vector<TrustedKey>> trusted_keys(const AccountKey& account, Instant now) const override {
        if (fails(32)) return broken();
        return good.trusted_keys(account, now);
    }
    Result<std::vector<AccountKey>> verified_accounts() const override { return good.verified_accounts(); }
    Result<std::vector<QueuedEvent>> queued(std::int64_t after, std::size_t most) const override {
        return good.queued(after, most);
    }
    Result<Habits> habits(const AccountKey& account, const std::vector<Sighting>& asked) const override {
        if (fails(32)) return broken();
        return good.habits(account, asked);
    }
    Result<unsigned> failures_of_source(const std::string& source, Instant now) const override {
        if (fails(32)) return broken();
        return good.failures_of_source(source, now);
    }
    std::string unknown_user_key(std::string_view name) const override { return good.unknown_user_key(name); }

private:
    static tl::unexpected<Error> broken() { return fail(Errc::unavailable, "as the input says"); }
};

using Packet = std::vector<std::uint8_t>;

template <class Message> Packet encoded(const Message& message) {
    Packet packet(wire::max_packet);
    const auto size = wire::encode(message, packet);
    packet.resize(size.value_or(0));
    return packet;
}

Packet begin(fuzz::Input& input, std::string_view text) {
    constexpr std::array services{"sshd", "sudo", "su", "login", "cron", "swaylock", "stepup"};
    wire::Begin begin;
    begin.login = 7;
    begin.phase = static_cast<Phase>(1 + input.up_to(4));
    begin.service = services.at(input.up_to(services.size() - 1));
    begin.user = input.once_in(4) ? text : "alice"sv;
    begin.remote_user = input.once_in(4) ? text : ""sv;
    if (input.once_in(4))
        begin.ssh_authenticated
            = "publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIETzaZJ2RBNmNJlwrfq2+idJ0V/vwBsAOjVkZwxdjQOR\n";
    if (input.once_in(4))
        begin.ssh_authenticated = "publickey sk-ssh-ed25519@openssh.com "
                                  "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhsc"
                                  "HR4fAAAABHNzaDo=\n";
    begin.ssh_connection = input.once_in(2) ? "192.0.2.7 5 192.0.2.1 22"sv : text;
    return encoded(begin);
}

/// What a client may say: the right thing at the right time, mostly.
Packet packet(fuzz::Input& input, std::uint8_t& turn) {
    constexpr std::array answers{"111111", "GOOD", "222222", "?", "2", ""};
    const auto what = input.up_to(9);
    const std::string text = input.once_in(8) ? input.text() : answers.at(input.up_to(answers.size() - 1));
    if (what <= 4 && turn > 0) return encoded(wire::Answer{turn++, text});
    if (what == 5) return encoded(wire::Withdraw{});
    if (what == 6) return encoded(wire::GetToken{});
    if (what == 7) return encoded(wire::Verify{.login = 7, .max_age = input.byte(), .service = text, .factor = text});
    if (what == 8) {
        const auto raw = input.text();
        return {raw.begin(), raw.end()};
    }
    turn = 1;
    return begin(input, text);
}

struct World {
    SystemClock clock;
    ProcReader proc;
    CountingRandom random;
    FailingRecords records;
    FakeRecorder recorder;
    OneUser accounts;
    FakeFactors factors;
    NoJournal journal;
    Policy policy;

    void furnish(fuzz::Input& input) {
        if (!input.once_in(8))
            records.good.all = {enrollment(1, FactorKind::totp), enrollment(2, FactorKind::recovery_code)};
        policy.defaults.level = static_cast<Level>(input.up_to(2));
        policy.defaults.key_trust.enabled = !input.once_in(4);
        policy.defaults.two_different = input.once_in(8);
        if (input.once_in(2)) policy.defaults.key_only = input.once_in(2) ? KeyOnly::deny : KeyOnly::allow;
        if (input.once_in(2)) {
            records.good.all.push_back(enrollment(3, FactorKind::ssh_security_key, "yubikey"));
            records.good.seeds[3] = "SHA256:/p0CbeE3dk2SyW1OXXsThGc12ezDVD8eGw2/vtztDfk";
            policy.defaults.security_key_login = input.once_in(4) ? SecurityKeyLogin::off : SecurityKeyLogin::verified;
        }
        for (auto count = input.up_to(6); recorder.outcomes.size() < count;) {
            const auto outcome = 1 + input.up_to(4);  // accepted is what the fake says by itself, of what was proved
            if (outcome == 5)
                recorder.outcomes.push_back(fail(Errc::unavailable, "as the input says"));
            else
                recorder.outcomes.push_back(Judged{static_cast<Outcome>(outcome), {}, false});
        }
    }
};

/// The login that the first packet is about.
std::uint64_t login_of(wire::PacketView first) {
    if (const auto begin = wire::decode<wire::Begin>(first)) return begin->login;
    const auto asked = wire::decode<wire::Verify>(first);
    return asked ? asked->login : 0;
}

/// What the client hears: its verdict, if any, and whether it was offered anything.
struct Heard {
    std::optional<Decision> decided;
    bool offered = false;
};

Heard hear(int client, std::uint64_t login) {
    Heard heard;
    auto& decided = heard.decided;
    std::array<std::uint8_t, wire::max_packet> buffer{};
    for (;;) {
        const auto size = ::recv(client, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (size <= 0) return heard;
        const wire::PacketView packet(buffer.data(), static_cast<std::size_t>(size));
        must(!decided, "nothing follows a verdict");
        if (const auto verdict = wire::decode<wire::Verdict>(packet)) {
            must(verdict->login == login, "a verdict names its login");
            decided = verdict->decision;
            must(!heard.offered || decided == Decision::granted, "an offer is no promise that is taken back");
        } else if (const auto offer = wire::decode<wire::Offer>(packet)) {
            must(!heard.offered && offer->login == login && offer->decision == Decision::granted,
                 "an offer grants, once");
            heard.offered = true;
        } else {
            must(!heard.offered, "nothing but the verdict follows an offer");
            must(wire::decode<wire::Ask>(packet) || wire::decode<wire::Token>(packet),
                 "the daemon keeps to its messages");
        }
    }
}

/// Every proof that counted, in the order of the judgements; the fake's outcomes are of wrong answers alone.
bool proved_enough(const World& world) {
    std::set<FactorKind> kinds;
    for (const auto& judgement : world.recorder.judged)
        if (judgement.proof) kinds.insert(judgement.proof->opens.factor);
    return !world.policy.defaults.two_different.value_or(false) || kinds.size() >= 2;
}

/// A security key counts where policy says so, and nothing is typed that could be one.
bool keys_counted_rightly(const World& world) {
    const bool counts = world.policy.defaults.security_key_login == SecurityKeyLogin::verified;
    return counts
        || std::none_of(world.recorder.judged.begin(), world.recorder.judged.end(), [](const auto& judgement) {
               return judgement.proof && judgement.proof->opens.factor == FactorKind::ssh_security_key;
           });
}

/// A login by key that nobody was asked in, and that policy lets pass.
bool passed_by_key_alone(const World& world) {
    const auto& noted = world.recorder.noted;
    const bool passed = std::any_of(noted.begin(), noted.end(),
                                    [](const AuditEntry& entry) { return entry.event == Event::passed_by_key_only; });
    const auto& [level, said] = std::tie(world.policy.defaults.level, world.policy.defaults.key_only);
    must(!passed || said.value_or(level == Level::required ? KeyOnly::deny : KeyOnly::allow) == KeyOnly::allow,
         "a key alone passes where policy lets it");
    return passed;
}

void check(const World& world, const Heard& heard) {
    must(keys_counted_rightly(world), "a security key is a proof only where policy says so");
    const auto decided = heard.decided;
    const auto& [judged, last] = std::tie(world.recorder.judged, world.recorder.last);
    const bool accepted = last && last->has_value() && (*last)->outcome == Outcome::accepted;
    const bool proved = accepted && judged.back().proof.has_value();
    const bool of_session = !world.recorder.attached.empty() || !world.recorder.ended.empty();
    if (decided == Decision::granted)
        must((proved && proved_enough(world)) || of_session || passed_by_key_alone(world),
             "granted is only what was proved and judged");
    must(!heard.offered || (proved && proved_enough(world)), "an offer is for who has proved himself");
    must(heard.offered || world.recorder.trusted.empty(), "nothing is trusted that was not offered");
    if (decided == Decision::not_required) must(judged.empty(), "who was asked must prove");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    static const fuzz::TemporaryFolder folder;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder.path() / "pam.sock").native().copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    ::unlink(address.sun_path);
    UniqueFd listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const UniqueFd client(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const bool ready = ::bind(listener.get(), name, sizeof address) == 0 && ::listen(listener.get(), 4) == 0;
    must(ready && ::connect(client.get(), name, sizeof address) == 0, "there is a socket");

    World world;
    world.furnish(input);
    std::uint8_t turn = 0;
    std::uint64_t login = 0;
    for (int i = 0, count = 1 + static_cast<int>(input.up_to(11)); i < count; ++i) {
        const auto bytes = packet(input, turn);
        if (i == 0) login = login_of(bytes);
        (void)::send(client.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    ::shutdown(client.get(), SHUT_WR);

    asio::io_context loop;
    Workers workers(loop.get_executor(), 1);
    TokenBook tokens(world.random);
    Origins origins(world.proc);
    const FakeAddressBook addresses;
    const auto in_force = std::make_shared<const Policy>(world.policy);
    Door door(loop.get_executor(), std::move(listener),
              {world.clock,
               world.proc,
               world.records,
               world.recorder,
               world.accounts,
               world.factors,
               world.journal,
               tokens,
               workers,
               [in_force] { return in_force; },
               {"swaylock"},
               origins,
               addresses},
              {});
    asio::co_spawn(loop, door.run(), asio::detached);
    failing = &input;
    for (int turns = 0; turns < 10'000 && loop.poll() > 0; ++turns) { }
    failing = nullptr;
    check(world, hear(client.get(), login));
    return 0;
}
