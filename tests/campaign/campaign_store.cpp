// campaign_store seed STATE KEY < ENROLLMENTS     campaign_store check STATE
//
// seed: puts enrollments into the store of a daemon that is not running, through the daemon's own writer. One a line:
//   UID NAME TYPE LABEL DIGITS SEED COST [CODE...]
// SEED in hex; CODEs are recovery codes without dashes, hashed at bcrypt's COST (real ones have 10, 49 ms each; 4 lets
// many logins reach the writer at once).
// check: the database is whole, and so is the audit trail. Prints what is wrong, or how long the trail is.

#include <array>
#include <future>
#include <iostream>
#include <sstream>

#include <crypt.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/bytes.hpp"
#include "daemon/audit/events.hpp"
#include "daemon/storage/chain_check.hpp"
#include "daemon/storage/key_file.hpp"
#include "daemon/storage/writer.hpp"

using namespace stepup;

namespace {

[[noreturn]] void die(const std::string& why) {
    std::cerr << "campaign_store: " << why << '\n';
    std::exit(1);
}

template <class T> T must(Result<T> result, const char* what) {
    if (!result) die(std::string(what) + ": " + result.error().why);
    return std::move(*result);
}

struct Line {
    AccountKey account;
    FactorKind kind = FactorKind::totp;
    std::string label;
    unsigned digits = 6;
    Bytes seed;
    unsigned long cost = 10;
    std::vector<std::string> codes;
};

std::optional<Line> read_line() {
    std::string text;
    if (!std::getline(std::cin, text)) return std::nullopt;
    std::istringstream words(text);
    Line line;
    std::string kind;
    std::string seed;
    if (!(words >> line.account.uid >> line.account.name >> kind >> line.label >> line.digits >> seed >> line.cost))
        die("not an enrollment: " + text);
    const auto known = kind_named(kind);
    if (!known) die("no type of factor: " + kind);
    line.kind = *known;
    for (std::size_t i = 0; i + 1 < seed.size(); i += 2)
        line.seed += static_cast<char>(std::stoi(seed.substr(i, 2), nullptr, 16));
    for (std::string code; words >> code;) line.codes.push_back(code);
    return line;
}

/// As daemon/factors makes them, at another cost: bcrypt over base64url(HMAC-SHA256(pepper, code)).
HashedCode hashed(const std::string& code, const Secret& pepper, unsigned long cost, StrongRandom& random) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const auto key = pepper.reveal();
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(code.data()),
         code.size(), digest.data(), &size);
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    const auto salt = random.bytes(16);
    auto work = std::make_unique<crypt_data>();
    if (crypt_gensalt_rn("$2b$", cost, salt.data(), static_cast<int>(salt.size()), setting.data(), setting.size())
        == nullptr)
        die("libxcrypt makes no bcrypt salt");
    const auto peppered = to_base64url({reinterpret_cast<const char*>(digest.data()), size});
    const char* hash = crypt_rn(peppered.c_str(), setting.data(), work.get(), sizeof *work);
    if (hash == nullptr) die("libxcrypt makes no bcrypt hash");
    return {code.substr(0, 4), hash};
}

AuditEntry entry(Event event, const AccountKey& account, Instant now) { return {event, now, account, "campaign", {}}; }

NewEnrollment start_of(const Line& line, Instant now) {
    Secret seed;
    if (!seed.copy(line.seed)) die("a seed that is too long");
    return {.account = line.account,
            .kind = line.kind,
            .label = line.label,
            .oath = {.digits = line.digits},
            .seed = std::move(seed),
            .audit = entry(Event::enrollment_started, line.account, now)};
}

Confirmation confirmation_of(const Line& line, std::int64_t id, const Secret& pepper, Instant now,
                             StrongRandom& random) {
    Confirmation confirmation{line.account, id, 1, {}, now, entry(Event::enrollment_confirmed, line.account, now)};
    for (const auto& code : line.codes) confirmation.recovery_codes.push_back(hashed(code, pepper, line.cost, random));
    return confirmation;
}

template <class T> auto keep(std::promise<Result<T>>& promise) {
    return [&promise](Result<T> result) { promise.set_value(std::move(result)); };
}

/// All at once, so that the writer commits many together.
void seed(const std::string& state, const std::string& key_path) {
    KernelRandom random;
    const auto master = must(load_master_key(key_path), "master key");
    const auto seal = must(Seal::open(master, random), "seal");
    auto post = [](const std::function<void()>& work) { work(); };
    auto writer = must(Writer::open({state + "/stepup.db", "seeding", post, id_of}, seal), "store");
    const Secret pepper = seal.recovery_pepper();
    const Instant now = SystemClock().now();

    std::vector<Line> lines;
    while (auto line = read_line()) lines.push_back(std::move(*line));
    std::vector<std::promise<Result<std::int64_t>>> started(lines.size());
    std::vector<std::promise<Result<>>> confirmed(lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i) writer->start_enrollment(start_of(lines[i], now), keep(started[i]));
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto id = must(started[i].get_future().get(), "start");
        writer->confirm(confirmation_of(lines[i], id, pepper, now, random), keep(confirmed[i]));
    }
    for (auto& one : confirmed)
        if (const auto done = one.get_future().get(); !done) die(std::string("confirm: ") + done.error().why);
    writer->stop();
}

void check(const std::string& state) {
    auto database = must(Database::open(state + "/stepup.db", Database::Access::read), "database");
    const auto whole = must(database.first<std::string>("PRAGMA integrity_check"), "integrity_check");
    if (whole != "ok") die("integrity_check: " + whole.value_or("nothing"));
    const auto report = must(verify_chain(database), "audit trail");
    if (!report.whole) die("the audit trail is broken after row " + std::to_string(report.length));
    std::cout << report.length << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view verb = argc > 2 ? argv[1] : "";
    if (verb == "seed" && argc == 4)
        seed(argv[2], argv[3]);
    else if (verb == "check" && argc == 3)
        check(argv[2]);
    else
        die("seed STATE KEY, or check STATE");
    return 0;
}
