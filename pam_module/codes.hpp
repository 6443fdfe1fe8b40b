#pragma once

#include <array>

#include <security/pam_modules.h>

#include "common/covers.hpp"
#include "common/verdict.hpp"
#include "pam_module/login.hpp"

// Everything this module ever returns, in one place. PAM_IGNORE lets a login through a `required` line, so in auth and
// account it stands exactly once: for "not required", which is the daemon's word, or root's own sudo and su (root.hpp).

namespace stepup {

struct GateCodes {
    int auth = PAM_SYSTEM_ERR;
    int account = PAM_SYSTEM_ERR;
    [[nodiscard]] constexpr int in(Phase phase) const { return phase == Phase::auth ? auth : account; }
};

struct DecisionRow {
    Decision decision;
    GateCodes codes;
};
constexpr std::array decision_rows{
    DecisionRow{Decision::granted, {PAM_SUCCESS, PAM_SUCCESS}},
    DecisionRow{Decision::not_required, {PAM_IGNORE, PAM_IGNORE}},
    DecisionRow{Decision::denied, {PAM_AUTH_ERR, PAM_PERM_DENIED}},
    DecisionRow{Decision::unavailable, {PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL}},
};
static_assert(decision_rows.size() == all_decisions.size());

struct FailureRow {
    Failure failure;
    GateCodes codes;
    const char* told;  ///< to the user; empty where nobody would see it or it would help the wrong one
};
constexpr std::array failure_rows{
    FailureRow{Failure::unreachable,
               {PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
               "StepUp is not answering; ask your administrator."},
    FailureRow{Failure::interrupted, {PAM_AUTH_ERR, PAM_PERM_DENIED}, "This login was not finished; please try again."},
    FailureRow{Failure::no_answer, {PAM_CONV_ERR, PAM_CONV_ERR}, ""},
    FailureRow{Failure::refused, {PAM_AUTH_ERR, PAM_PERM_DENIED}, ""},
    FailureRow{Failure::violation, {PAM_SYSTEM_ERR, PAM_SYSTEM_ERR}, "StepUp is out of order; ask your administrator."},
};
static_assert(covers(failure_rows, &FailureRow::failure, Failure::violation));

/// The code of a decision; PAM_SYSTEM_ERR for a value that is none.
[[nodiscard]] constexpr int pam_code(Decision decision, Phase phase) {
    GateCodes codes;
    for (const auto& row : decision_rows)
        if (row.decision == decision) codes = row.codes;
    return codes.in(phase);
}

/// setcred is no gate: it repeats that our auth succeeded in this process, or has no opinion.
constexpr int setcred_code(bool granted_here) { return granted_here ? PAM_SUCCESS : PAM_IGNORE; }
/// Sessions are only reported: a failure here would throw out a user who is already in.
constexpr int session_code = PAM_SUCCESS;
/// A password change is only reported, and alone in a stack we must not stand for one that nobody made.
constexpr int chauthtok_code = PAM_IGNORE;

}  // namespace stepup
