#include "cli/verbs.hpp"

#include <array>

namespace teal::cli {
namespace {

constexpr std::string_view look = "Look";
constexpr std::string_view change = "Change what runs";
constexpr std::string_view set_up = "Files, access and the shell";

}  // namespace

std::span<const Verb> verbs() {
  static constexpr std::array table{
      Verb{"status", "Show all applications, or one as a live tree", look, Subject::Application, declare_status},
      Verb{"get", "List applications, rollouts or events, or show one", look, Subject::Resource, declare_get},
      Verb{"history", "List an application's rollouts, newest first", look, Subject::Application, declare_history},
      Verb{"logs", "Print the logs of migration jobs and replicas", look, Subject::Application, declare_logs},
      Verb{"wait", "Wait until the latest rollout or the application gets somewhere", look, Subject::Application,
           declare_wait},
      Verb{"plan", "Show what a rollout would do; nothing is done", look, Subject::Application, declare_plan},
      Verb{"preflight", "Look at the databases of migration jobs; nothing is changed", look, Subject::Application,
           declare_preflight},
      Verb{"audit", "List who changed what, and who was refused", look, Subject::Nothing, declare_audit},
      Verb{"apply", "Create or change applications from files", change, Subject::Nothing, declare_apply},
      Verb{"approve", "Let a rollout that awaits approval go on", change, Subject::Application, declare_approve},
      Verb{"pause", "Stop a rollout where it is", change, Subject::Application, declare_pause},
      Verb{"resume", "Let a paused rollout go on", change, Subject::Application, declare_resume},
      Verb{"abort", "Give a rollout up and roll it back", change, Subject::Application, declare_abort},
      Verb{"retry", "Try a failed or rolled back rollout again", change, Subject::Application, declare_retry},
      Verb{"rollback", "Return to an earlier revision", change, Subject::Application, declare_rollback},
      Verb{"delete", "Remove an application and everything that runs for it", change, Subject::Application,
           declare_delete},
      Verb{"validate", "Check manifest files, without a daemon", set_up, Subject::File, declare_validate},
      Verb{"token", "Make, list and revoke the tokens that teald takes", set_up, Subject::Nothing, declare_token},
      Verb{"kubeconfig", "Print a configuration for kubectl", set_up, Subject::Nothing, declare_kubeconfig},
      Verb{"completion", "Print a shell's completion script", set_up, Subject::Shell, declare_completion},
      Verb{"version", "Print the versions of teal and teald", set_up, Subject::Nothing, declare_version},
  };
  return table;
}

std::shared_ptr<std::string> application_argument(CLI::App& options) {
  auto name = std::make_shared<std::string>();
  options.add_option("APP", *name, "The application's name")->required();
  return name;
}

}  // namespace teal::cli
