#include "cli/verbs.hpp"

#include <array>

namespace teal::cli {

std::span<const Verb> verbs() {
  static constexpr std::array table{
      Verb{"get", "List applications, rollouts or events, or show one", Subject::Resource, declare_get},
      Verb{"status", "Show an application as a live tree", Subject::Application, declare_status},
      Verb{"plan", "Show what a rollout would do; nothing is done", Subject::Application, declare_plan},
      Verb{"preflight", "Look at the databases of an application's migration jobs; nothing is changed",
           Subject::Application, declare_preflight},
      Verb{"apply", "Create or change applications from files", Subject::Nothing, declare_apply},
      Verb{"delete", "Remove an application and everything that runs for it", Subject::Application, declare_delete},
      Verb{"approve", "Let a rollout that awaits approval go on", Subject::Application, declare_approve},
      Verb{"pause", "Stop a rollout where it is", Subject::Application, declare_pause},
      Verb{"resume", "Let a paused rollout go on", Subject::Application, declare_resume},
      Verb{"abort", "Give a rollout up and roll it back", Subject::Application, declare_abort},
      Verb{"retry", "Try a failed or rolled back rollout again", Subject::Application, declare_retry},
      Verb{"rollback", "Return to an earlier revision", Subject::Application, declare_rollback},
      Verb{"history", "List an application's rollouts, newest first", Subject::Application, declare_history},
      Verb{"logs", "Print the logs of migration jobs and replicas", Subject::Application, declare_logs},
      Verb{"audit", "List who changed what, and who was refused", Subject::Nothing, declare_audit},
      Verb{"wait", "Wait until the latest rollout or the application gets somewhere", Subject::Application,
           declare_wait},
      Verb{"validate", "Check manifest files, without a daemon", Subject::File, declare_validate},
      Verb{"token", "Make, list and revoke the tokens that teald takes", Subject::Nothing, declare_token},
      Verb{"kubeconfig", "Print a configuration for kubectl", Subject::Nothing, declare_kubeconfig},
      Verb{"completion", "Print a shell's completion script", Subject::Shell, declare_completion},
      Verb{"version", "Print the versions of teal and teald", Subject::Nothing, declare_version},
  };
  return table;
}

std::shared_ptr<std::string> application_argument(CLI::App& options) {
  auto name = std::make_shared<std::string>();
  options.add_option("APP", *name, "The application's name")->required();
  return name;
}

}  // namespace teal::cli
