#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stepup::cli {

/// What was said on the command line.
struct Options {
    std::string socket = "/run/stepup/pam.sock";
    bool json = false;
    bool plain = false;      ///< for screen readers: no tables, no pictures
    bool no_prompt = false;  ///< fail rather than ask

    std::string label;    ///< enroll
    std::string qr;       ///< enroll: file for the picture
    bool labels = false;  ///< list: only these
    std::string algorithm = "SHA1";
    std::uint32_t digits = 6;
    std::uint64_t counter = 0;  ///< enroll hotp: the first code's
    bool own_secret = false;    ///< enroll hotp: the token has one already
    bool hex = false;           ///< enroll hotp: which is not base32

    std::string which;                  ///< remove, rename, primary, confirm: id or label; admin unlock: user
    std::string name;                   ///< rename: the new label
    bool yes = false;                   ///< disable, admin reset: do not ask whether it is meant
    std::string code;                   ///< confirm
    std::string factor;                 ///< verify, require: id, label or type
    std::string service;                ///< status, verify
    std::uint32_t window = UINT32_MAX;  ///< require: seconds; UINT32_MAX: as policy says
    bool all = false;                   ///< lock, keys forget
    std::vector<std::string> audit;     ///< audit: words for stepupd
    std::vector<std::string> admin;     ///< admin: words for stepupd
    std::vector<std::string> policy;    ///< policy: words for stepupd
    std::string value;                  ///< policy set
    std::string source;                 ///< admin unlock: address
    bool not_enrolled = false;          ///< admin status
    bool orphans = false;               ///< admin status
    std::int64_t uid = -1;              ///< admin reset: of an account that is gone
    std::uint32_t lasts = 0;            ///< admin bypass, invite: seconds
    std::string reason;                 ///< admin bypass
    std::vector<std::string> services;  ///< pam
    bool key = false;                   ///< pam: a key and then a code, no password
    bool sshd_config = false;           ///< pam: write sshd's drop-in as well
    bool anyway = false;                ///< pam: also what would lock everybody out
    bool dry_run = false;               ///< pam: show only
    std::string file;                   ///< import
    std::string user;                   ///< import: only this one's
    std::vector<std::string> entries;   ///< import: numbers or names of those that are meant
    bool rename = false;                ///< import: the file, once everything in it is here
    bool accept_weak = false;           ///< import: short secrets
    bool strict = false;                ///< doctor: yellow fails as well
};

}  // namespace stepup::cli
