#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "cli/pam/stack.hpp"

namespace stepup::testing {

/// An /etc/pam.d of our own, and modules whose files are there.
class PamFolder {
public:
    PamFolder() {
        std::string name = std::filesystem::temp_directory_path() / "stepup-pam-XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder");
        root = name;
        std::filesystem::create_directories(root / "pam.d");
        std::filesystem::create_directories(root / "security");
        for (const char* module : {"stepup", "unix", "deny", "permit", "nologin", "rootok", "loginuid", "succeed_if",
                                   "fprintd", "wheel", "limits", "env", "faildelay", "cap"})
            std::ofstream(root / "security" / ("pam_" + std::string(module) + ".so"));
        places.services = {root / "pam.d"};
        places.modules = {root / "security"};
        write("common-auth",
              "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\n"
              "auth required pam_permit.so\nauth optional pam_cap.so\n");
        write("common-password", "");
        write("common-session", "");
        write("common-session-noninteractive", "");
        write("common-account",
              "account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\n"
              "account requisite pam_deny.so\naccount required pam_permit.so\n");
    }
    ~PamFolder() { std::filesystem::remove_all(root); }
    PamFolder(const PamFolder&) = delete;
    PamFolder& operator=(const PamFolder&) = delete;

    void write(const std::string& service, const std::string& text) const {
        std::ofstream(root / "pam.d" / service) << text;
    }
    void remove_module(const std::string& name) const { std::filesystem::remove(root / "security" / name); }

    std::filesystem::path root;
    pam::Places places;
};

}  // namespace stepup::testing
