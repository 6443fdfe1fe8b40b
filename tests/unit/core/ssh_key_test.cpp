#include "daemon/core/ssh_key.hpp"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace stepup;

namespace {

/// Keys, their certificates, and what ssh-keygen says of both.
const nlohmann::json& known_keys() {
    static const auto all = [] {
        std::ifstream in(std::string(std::getenv("STEPUP_SOURCE")) + "/tests/vectors/ssh_keys.json");
        return nlohmann::json::parse(in).at("cases");
    }();
    return all;
}

std::string text(const nlohmann::json& known, const char* name) { return known.at(name).get<std::string>(); }
std::string line(const nlohmann::json& known, const char* name) { return "publickey " + text(known, name) + "\n"; }

/// The one key that `said` names.
SshKey only(const std::string& said) {
    const auto keys = keys_accepted_by_sshd(said);
    return keys.size() == 1 ? keys[0] : SshKey{"none, or several", {}, false, false};
}

std::string first_key() { return text(known_keys().at(0), "key"); }
std::string first_line() { return "publickey " + first_key() + "\n"; }

}  // namespace

TEST(SshKey, has_the_type_and_the_fingerprint_that_ssh_keygen_prints) {
    ASSERT_EQ(known_keys().size(), 7U);
    for (const auto& known : known_keys()) {
        const auto key = only(line(known, "key"));
        EXPECT_EQ(key.fingerprint, text(known, "fingerprint"));
        EXPECT_EQ(key.type, text(known, "key").substr(0, text(known, "key").find(' ')));
        EXPECT_FALSE(key.is_certified);
    }
}

TEST(SshKey, is_the_same_in_every_certificate) {
    for (const auto& known : known_keys()) {
        auto certified = only(line(known, "key"));
        certified.is_certified = true;
        EXPECT_EQ(only(line(known, "certificate")), certified);
        EXPECT_EQ(only(line(known, known.contains("reissued") ? "reissued" : "certificate")), certified);
    }
}

TEST(SshKey, tells_those_that_live_in_a_fido2_key) {
    for (const auto& known : known_keys())
        for (const char* name : {"key", "certificate"})
            EXPECT_EQ(only(line(known, name)).is_security_key, text(known, name).starts_with("sk-"));
}

TEST(SshKey, is_found_among_other_methods) {
    EXPECT_EQ(only("password\n" + first_line() + "keyboard-interactive/pam\n").type, "ssh-ed25519");
    EXPECT_EQ(only(first_line().substr(0, first_line().size() - 1)).type, "ssh-ed25519");  // sshd ends every line
}

TEST(SshKey, may_be_one_of_several_and_counts_once) {
    std::string said;
    for (const auto& known : known_keys()) said += line(known, "key");
    for (const auto& known : known_keys()) said += line(known, "certificate");
    const auto keys = keys_accepted_by_sshd(said);
    ASSERT_EQ(keys.size(), known_keys().size());
    for (std::size_t i = 0; i < keys.size(); ++i)
        EXPECT_EQ(keys[i].fingerprint, text(known_keys().at(i), "fingerprint"));
}

TEST(SshKey, is_nothing_that_another_method_says) {
    const auto key = first_key();
    for (const std::string& said :
         {std::string(), std::string("password\n"), std::string("keyboard-interactive/pam\n"), key + "\n",
          "hostbased " + key + "\n", "publickeys " + key + "\n", "Publickey " + key + "\n", " publickey " + key + "\n",
          "gssapi-with-mic publickey " + key + "\n"})
        EXPECT_TRUE(keys_accepted_by_sshd(said).empty()) << said;
}

TEST(SshKey, is_written_in_exactly_one_way) {
    const auto key = first_key();
    for (const auto& said :
         {key + " alice@host", key + "=", key + "\r", key + " ", "  " + key, key.substr(0, key.size() - 1),
          key.substr(0, key.size() - 4), key + "AAAA", key + std::string(1, '\0')})
        EXPECT_TRUE(keys_accepted_by_sshd("publickey " + said + "\n").empty()) << said;
    auto loose = text(known_keys().at(1), "certificate");  // "=" at its end: with bits behind the last byte
    ASSERT_EQ(loose.back(), '=');
    ++loose[loose.size() - 2];
    EXPECT_TRUE(keys_accepted_by_sshd("publickey " + loose + "\n").empty());
}

TEST(SshKey, is_of_the_type_that_its_own_bytes_name) {
    const auto bytes = first_key().substr(first_key().find(' '));
    for (const char* other : {"ssh-rsa", "ssh-dss", "ssh-ed25519-cert-v01@openssh.com", "sk-ssh-ed25519@openssh.com",
                              "", "ssh-ed25519@openssh.com", "rsa-sha2-256"})
        EXPECT_TRUE(keys_accepted_by_sshd("publickey " + (other + bytes) + "\n").empty()) << other;
}

TEST(SshKey, of_one_curve_is_none_of_another) {  // both are written as two strings
    const auto key = text(known_keys().at(2), "key");
    ASSERT_TRUE(key.starts_with("ecdsa-sha2-nistp256 "));
    EXPECT_TRUE(keys_accepted_by_sshd("publickey ecdsa-sha2-nistp384" + key.substr(key.find(' ')) + "\n").empty());
}

TEST(SshKey, is_none_if_a_letter_is_lost) {
    for (const auto& known : known_keys())
        for (const char* name : {"key", "certificate"}) {
            const auto whole = line(known, name);
            for (std::size_t i = whole.find("AAAA"); i + 1 < whole.size(); ++i)
                EXPECT_TRUE(keys_accepted_by_sshd(whole.substr(0, i) + "\n").empty()) << i;
        }
}

TEST(SshKey, is_one_of_eight_at_most) {
    std::string said;
    for (char c = 'A'; c <= 'Z'; ++c) {  // other keys: another letter in the middle
        auto other = first_line();
        other[60] = c;
        said += other;
    }
    EXPECT_EQ(keys_accepted_by_sshd(said).size(), most_ssh_keys);
}
