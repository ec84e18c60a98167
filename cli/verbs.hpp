// Every verb's declaration; each is defined in verbs/<name>.cpp.
#pragma once

#include "cli/verb.hpp"

namespace teal::cli {

[[nodiscard]] Handler declare_get(CLI::App& options);
[[nodiscard]] Handler declare_status(CLI::App& options);
[[nodiscard]] Handler declare_plan(CLI::App& options);
[[nodiscard]] Handler declare_preflight(CLI::App& options);
[[nodiscard]] Handler declare_apply(CLI::App& options);
[[nodiscard]] Handler declare_delete(CLI::App& options);
[[nodiscard]] Handler declare_approve(CLI::App& options);
[[nodiscard]] Handler declare_pause(CLI::App& options);
[[nodiscard]] Handler declare_resume(CLI::App& options);
[[nodiscard]] Handler declare_abort(CLI::App& options);
[[nodiscard]] Handler declare_retry(CLI::App& options);
[[nodiscard]] Handler declare_end_job(CLI::App& options);
[[nodiscard]] Handler declare_maintenance(CLI::App& options);
[[nodiscard]] Handler declare_rollback(CLI::App& options);
[[nodiscard]] Handler declare_history(CLI::App& options);
[[nodiscard]] Handler declare_logs(CLI::App& options);
[[nodiscard]] Handler declare_audit(CLI::App& options);
[[nodiscard]] Handler declare_explain(CLI::App& options);
[[nodiscard]] Handler declare_wait(CLI::App& options);
[[nodiscard]] Handler declare_init(CLI::App& options);
[[nodiscard]] Handler declare_doctor(CLI::App& options);
[[nodiscard]] Handler declare_validate(CLI::App& options);
[[nodiscard]] Handler declare_token(CLI::App& options);
[[nodiscard]] Handler declare_kubeconfig(CLI::App& options);
[[nodiscard]] Handler declare_completion(CLI::App& options);
[[nodiscard]] Handler declare_version(CLI::App& options);

}  // namespace teal::cli
