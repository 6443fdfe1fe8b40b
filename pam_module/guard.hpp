#pragma once

#include <security/pam_ext.h>
#include <sys/syslog.h>

#include "pam_module/call.hpp"

namespace stepup {

/// Where PAM's calls come in: reads the module's arguments and serves the call, or refuses it when they are wrong.
/// Nothing of ours can throw (-fno-exceptions). What the application's own conversation function throws, a thread's
/// cancellation for one, passes through us to the application as through any module written in C.
template <class Serve>
[[nodiscard]] int guarded(pam_handle_t* pam, int flags, int argc, const char** argv, Serve serve) {
    const auto arguments = parse_arguments({argv, static_cast<std::size_t>(argc)});
    if (arguments) return serve(Call{pam, flags, *arguments});
    pam_syslog(pam, LOG_ERR, "refused: the module's option '%s' means nothing", arguments.error());
    return PAM_SYSTEM_ERR;
}

/// The same for calls that only report and return `code` in any case.
[[nodiscard]] inline int reported(pam_handle_t* pam, int flags, int argc, const char** argv, Phase phase, int code) {
    (void)guarded(pam, flags, argc, argv, [&](const Call& call) {
        report(call, phase);
        return code;
    });
    return code;
}

}  // namespace stepup
