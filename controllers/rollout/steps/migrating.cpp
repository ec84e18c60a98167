#include "controllers/rollout/steps/steps.hpp"

#include "controllers/rollout/jobs/migrate.hpp"
#include "controllers/rollout/replicas/fleet.hpp"

namespace teal::rollout {

void migrating(Pass& pass) {
  const auto report = prepare_schema(pass);
  switch (report.progress) {
    case JobProgress::Running:
      break;
    case JobProgress::Failed:
      pass.fail(report.why);
      return;
    case JobProgress::Done:
      pass.enter(spec::Phase::Starting, pass.next.jobs.empty() ? "there is nothing to migrate" : "the schema is ready");
      break;
  }
  keep_old(pass, true);
}

}  // namespace teal::rollout
