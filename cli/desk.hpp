#pragma once

#include <functional>
#include <optional>
#include <ostream>

#include <nlohmann/json_fwd.hpp>
#include <unistd.h>

#include "cli/agent.hpp"
#include "cli/options.hpp"
#include "cli/pam_socket.hpp"
#include "cli/screens.hpp"
#include "cli/stepup_client.hpp"
#include "cli/terminal.hpp"
#include "common/result.hpp"

namespace stepup::cli {

/// What a verb works with: where it writes, whom it asks.
class Desk {
public:
    Desk(const Options& given, std::ostream& out, std::ostream& err)
        : options(given),
          canvas(cli::canvas()),
          socket(given.socket),
          out_(out),
          err_(err) { }

    const Options& options;
    const Canvas canvas;
    Terminal terminal;
    PamSocket socket;

    /// Calls org.stepup.StepUp1 with a token of this session. If a recent verification is missing, asks for it and
    /// tries once more.
    template <class T>
    [[nodiscard]] Managed<T> in_session(const std::function<Managed<T>(StepUpClient&, const std::string&)>& call);

    /// The same for what is an administrator's: whoever is not root has polkit asked, which may ask somebody here.
    template <class T>
    [[nodiscard]] Managed<T> as_admin(const std::function<Managed<T>(StepUpClient&, const std::string&)>& call);

    /// Nothing, if whoever sits at the terminal answers `question` with `word`. Without a terminal --yes must say so.
    [[nodiscard]] Managed<> be_sure(const std::string& question, std::string_view word);

    void say(const std::string& text);              ///< for people; nothing with --json
    void say_json(const nlohmann::json& data);      ///< nothing without --json
    void say_line(const nlohmann::json& data);      ///< one of many, in a line of its own; nothing without --json
    void say_why_not(const std::string& sentence);  ///< for people; nothing with --json
    /// Says why not, in one sentence or as JSON, and gives the exit code.
    Exit complain(const Refusal& refusal);

private:
    [[nodiscard]] bool may_step_up();
    [[nodiscard]] Managed<> step_up(const Refusal& demanded);
    std::ostream& out_;
    std::ostream& err_;
    std::optional<TextAgent> agent_;
};

template <class T> Managed<T> Desk::as_admin(const std::function<Managed<T>(StepUpClient&, const std::string&)>& call) {
    const bool may_be_asked = ::geteuid() != 0 && !options.no_prompt && terminal.is_there();
    if (!may_be_asked) return in_session(call);
    if (!agent_) agent_.emplace();
    return in_session<T>([&](StepUpClient& client, const std::string& token) {
        client.let_polkit_ask();
        return call(client, token);
    });
}

template <class T>
Managed<T> Desk::in_session(const std::function<Managed<T>(StepUpClient&, const std::string&)>& call) {
    auto client = TRY(StepUpClient::open());
    auto answer = call(client, TRY(socket.token()));
    if (answer || answer.error().error != ManagementError::step_up_required || !may_step_up()) return answer;
    TRY(step_up(answer.error()));
    return call(client, TRY(socket.token()));
}

}  // namespace stepup::cli
