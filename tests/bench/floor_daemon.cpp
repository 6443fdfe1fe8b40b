// floor_daemon DATABASE SOCKET < ENROLLMENTS
//
// The least that a daemon can do which keeps one promise: a code is accepted once, and that is durable before it is
// told. One thread; what is ready is compared, recorded in one SQLite transaction, and answered. Seeds lie in clear,
// nothing is limited, nothing is written down: made to be measured against, not to be used. ENROLLMENTS are lines of
// campaign_store.cpp's form. It is ready when SOCKET is there.

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

sqlite3* database = nullptr;

[[noreturn]] void die(const char* what) {
    std::fprintf(stderr, "floor_daemon: %s: %s\n", what, database != nullptr ? sqlite3_errmsg(database) : "");
    std::exit(1);
}

void run(const char* sql) {
    if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) die(sql);
}

sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) die(sql);
    return statement;
}

void enroll() {
    run("PRAGMA journal_mode=WAL; CREATE TABLE factor(name TEXT PRIMARY KEY, hotp INT, seed BLOB, last INT);"
        "CREATE TABLE filler(x); BEGIN");
    auto* insert = prepare("INSERT INTO factor VALUES(?1, ?2, ?3, 0)");
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string uid, name, kind, label, digits, hex;
        words >> uid >> name >> kind >> label >> digits >> hex;
        std::string seed;
        for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
            seed += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
        sqlite3_bind_text(insert, 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
        sqlite3_bind_int(insert, 2, kind == "hotp" ? 1 : 0);
        sqlite3_bind_blob(insert, 3, seed.data(), static_cast<int>(seed.size()), SQLITE_STATIC);
        sqlite3_step(insert);
        sqlite3_reset(insert);
    }
    run("COMMIT");
    sqlite3_finalize(insert);
}

/// What StepUp does, too (daemon/storage/database.cpp): a log that has its length already is flushed faster.
void lengthen_log() {
    run("PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=FULL;"
        "BEGIN; WITH RECURSIVE page(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM page WHERE n < 500)"
        " INSERT INTO filler SELECT zeroblob(3000) FROM page; COMMIT; DELETE FROM filler;"
        "PRAGMA wal_checkpoint(RESTART); PRAGMA wal_autocheckpoint=200");
}

/// RFC 4226, six digits.
unsigned code_of(EVP_MAC_CTX* mac, const unsigned char* seed, std::size_t size, std::uint64_t counter) {
    std::array<unsigned char, 8> message{};
    for (unsigned i = 0; i < 8; ++i) message[i] = static_cast<unsigned char>(counter >> (56 - 8 * i));
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    std::size_t length = 0;
    EVP_MAC_init(mac, seed, size, nullptr);
    EVP_MAC_update(mac, message.data(), message.size());
    EVP_MAC_final(mac, digest.data(), &length, digest.size());
    const unsigned at = digest[length - 1] & 15U;
    return ((digest[at] & 0x7FU) << 24U | digest[at + 1U] << 16U | digest[at + 2U] << 8U | digest[at + 3U]) % 1'000'000;
}

class Factors {
public:
    Factors() {
        char sha1[] = "SHA1";
        const OSSL_PARAM parameters[]{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha1, 0),
                                      OSSL_PARAM_construct_end()};
        EVP_MAC_CTX_set_params(mac_, parameters);
    }

    /// The counter that `code` is right for and that was not used yet, or one before it: nothing.
    std::uint64_t counter_of(const std::string& user, unsigned code) {
        std::uint64_t hit = 0;
        sqlite3_bind_text(get_, 1, user.data(), static_cast<int>(user.size()), SQLITE_STATIC);
        if (sqlite3_step(get_) == SQLITE_ROW) {
            const bool hotp = sqlite3_column_int(get_, 0) != 0;
            const auto last = static_cast<std::uint64_t>(sqlite3_column_int64(get_, 2));
            const auto step = static_cast<std::uint64_t>(std::time(nullptr) / 30);
            const auto* seed = static_cast<const unsigned char*>(sqlite3_column_blob(get_, 1));
            const auto size = static_cast<std::size_t>(sqlite3_column_bytes(get_, 1));
            const auto first = hotp ? last + 1 : std::max(last + 1, step - 1);
            for (auto at = first; at <= (hotp ? last + 10 : step + 1) && hit == 0; ++at)
                if (code_of(mac_, seed, size, at) == code) hit = at;
        }
        sqlite3_reset(get_);
        return hit;
    }

    void spend(const std::string& user, std::uint64_t counter) {
        if (sqlite3_get_autocommit(database) != 0) run("BEGIN IMMEDIATE");
        sqlite3_bind_text(put_, 1, user.data(), static_cast<int>(user.size()), SQLITE_STATIC);
        sqlite3_bind_int64(put_, 2, static_cast<sqlite3_int64>(counter));
        if (sqlite3_step(put_) != SQLITE_DONE) die("spend");
        sqlite3_reset(put_);
    }

private:
    sqlite3_stmt* get_ = prepare("SELECT hotp, seed, last FROM factor WHERE name = ?1");
    sqlite3_stmt* put_ = prepare("UPDATE factor SET last = ?2 WHERE name = ?1");
    EVP_MAC_CTX* mac_ = EVP_MAC_CTX_new(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
};

void watch(int poll, int fd) {
    epoll_event wanted{EPOLLIN, {}};
    wanted.data.fd = fd;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &wanted);
}

int listen_at(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 1024) != 0)
        die(path);
    return fd;
}

/// True if `fd` waits for what it proved to be durable.
bool serve(Factors& factors, int fd) {
    std::array<char, 129> packet{};
    const auto size = ::recv(fd, packet.data(), packet.size() - 1, 0);
    if (size <= 0) return ::close(fd), false;
    const std::string user(packet.data());
    if (user.size() + 1 >= static_cast<std::size_t>(size)) return ::send(fd, "?", 1, MSG_NOSIGNAL), false;
    const auto counter = factors.counter_of(user, static_cast<unsigned>(std::atoi(packet.data() + user.size() + 1)));
    if (counter == 0) return ::send(fd, "n", 1, MSG_NOSIGNAL), false;
    factors.spend(user, counter);
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3 || sqlite3_open(argv[1], &database) != SQLITE_OK) return 2;
    enroll();
    lengthen_log();
    Factors factors;
    const int poll = ::epoll_create1(EPOLL_CLOEXEC);
    const int door = listen_at(argv[2]);
    watch(poll, door);
    std::vector<int> accepted;
    for (std::array<epoll_event, 256> ready{};;) {
        const int count = ::epoll_wait(poll, ready.data(), ready.size(), -1);
        for (int i = 0; i < count; ++i) {
            const int fd = ready[static_cast<std::size_t>(i)].data.fd;
            if (fd != door) {
                if (serve(factors, fd)) accepted.push_back(fd);
                continue;
            }
            for (int client = 0; (client = ::accept4(door, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;)
                watch(poll, client);
        }
        if (sqlite3_get_autocommit(database) == 0) run("COMMIT");
        for (const int fd : accepted) (void)::send(fd, "y", 1, MSG_NOSIGNAL);
        accepted.clear();
    }
}
