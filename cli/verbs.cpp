#include "cli/verbs.hpp"

#include <array>

namespace teal::cli {
namespace {

constexpr std::string_view heading_look = "Look";
constexpr std::string_view heading_change = "Change what runs";
constexpr std::string_view heading_set_up = "Files, access and the shell";

}  // namespace

std::span<const Verb> verbs() {
  static constexpr std::array table{
      Verb{"status", "Show all applications, or one as a live tree", heading_look, Subject::Application,
           declare_status},
      Verb{"get", "List applications, rollouts or events, or show one", heading_look, Subject::Resource, declare_get},
      Verb{"history", "List an application's rollouts, newest first", heading_look, Subject::Application,
           declare_history},
      Verb{"logs", "Print the logs of migration jobs and replicas", heading_look, Subject::Application, declare_logs},
      Verb{"wait", "Wait until the latest rollout or the application gets somewhere", heading_look,
           Subject::Application, declare_wait},
      Verb{"plan", "Show what a rollout would do; nothing is done", heading_look, Subject::Application, declare_plan},
      Verb{"preflight", "Look at the databases of migration jobs; nothing is changed", heading_look,
           Subject::Application, declare_preflight},
      Verb{"audit", "List who changed what, and who was refused", heading_look, Subject::Nothing, declare_audit},
      Verb{"explain", "Say what a reason or a key of a manifest means", heading_look, Subject::Nothing,
           declare_explain},
      Verb{"apply", "Create or change applications from files", heading_change, Subject::Nothing, declare_apply},
      Verb{"approve", "Let a rollout that awaits approval go on", heading_change, Subject::Application,
           declare_approve},
      Verb{"pause", "Stop a rollout where it is", heading_change, Subject::Application, declare_pause},
      Verb{"resume", "Let a paused rollout go on", heading_change, Subject::Application, declare_resume},
      Verb{"abort", "Give a rollout up and roll it back", heading_change, Subject::Application, declare_abort},
      Verb{"retry", "Try a failed or rolled back rollout again", heading_change, Subject::Application, declare_retry},
      Verb{"end-job", "Kill a migration job that outlives its timeout", heading_change, Subject::Application,
           declare_end_job},
      Verb{"maintenance", "Show clients a page instead of an application, or end that", heading_change,
           Subject::Application, declare_maintenance},
      Verb{"rollback", "Return to an earlier revision", heading_change, Subject::Application, declare_rollback},
      Verb{"delete", "Remove an application and everything that runs for it", heading_change, Subject::Application,
           declare_delete},
      Verb{"init", "Write a first manifest: by questions, or from what runs", heading_set_up, Subject::Nothing,
           declare_init},
      Verb{"validate", "Check manifest files, without a daemon", heading_set_up, Subject::File, declare_validate},
      Verb{"doctor", "Find what is wrong with this machine, and what to type", heading_set_up, Subject::Nothing,
           declare_doctor},
      Verb{"token", "Make, list and revoke the tokens that teald takes", heading_set_up, Subject::Nothing,
           declare_token},
      Verb{"kubeconfig", "Print a configuration for kubectl", heading_set_up, Subject::Nothing, declare_kubeconfig},
      Verb{"completion", "Print a shell's completion script", heading_set_up, Subject::Shell, declare_completion},
      Verb{"version", "Print the versions of teal and teald", heading_set_up, Subject::Nothing, declare_version},
  };
  return table;
}

std::shared_ptr<std::string> application_argument(CLI::App& options) {
  auto name = std::make_shared<std::string>();
  options.add_option("APP", *name, "The application's name")->required();
  return name;
}

}  // namespace teal::cli
