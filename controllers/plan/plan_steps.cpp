#include "controllers/plan/plan_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "controllers/plan/plan_jobs.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/policy.hpp"
#include "manifests/masking/mask_text.hpp"
#include "manifests/wire/json.hpp"

namespace teal::plan {
namespace {

std::string server_text(const std::string& server, const std::string& load_balancer, const std::string& backend) {
  return fmt::format("server {} in {}/{}", server, load_balancer, backend);
}

// The component that a replica's container is of, by its name.
const spec::Component* component_of(const records::RolloutRecord& record, std::string_view container) {
  const auto find = [&](const records::Revision& revision) -> const spec::Component* {
    for (const auto& component : revision.application.spec.components) {
      const auto first = spec::container_name(record.application, component.name, revision.number, 0);
      const auto prefix = std::string_view{first}.substr(0, first.size() - 1);
      if (container.starts_with(prefix) && container.find('-', prefix.size()) == container.npos) return &component;
    }
    return nullptr;
  };
  const auto* found = find(record.course.target);
  return found || !record.course.active ? found : find(*record.course.active);
}

bool has_left_preparing(const records::RolloutRecord& record) {
  return rollout::has_entered(record, spec::Phase::AwaitingApproval) ||
         rollout::has_entered(record, spec::Phase::Migrating) || rollout::has_entered(record, spec::Phase::Withdrawing);
}

bool makes_its_schema(const records::RolloutRecord& record) {
  return record.course.target.application.spec.migration.mode == spec::MigrationMode::ApplicationManaged &&
         rollout::has_entered(record, spec::Phase::Starting);
}

class Teller {
 public:
  Teller(const records::RolloutRecord* given, bool deletes, const PlanFacts& facts) : facts_(facts), deletes_(deletes) {
    if (given) take_up(*given);
  }

  void tell(const model::Step& step) {
    if (step.record) note_progress(*step.record);
    record_ = step.record ? step.record.get() : &nothing_;
    phase_ = deletes_ ? "Deleting" : to_string(step.phase);
    for (const auto& action : step.actions) std::visit(*this, action);
    if (step.wait != model::Wait::Nothing) tell_wait(step);
  }

  // What changed in the record without any action.
  void note_progress(const records::RolloutRecord& record) {
    if (record.course.target.number != number_) begin(record.course.target.number);
    const auto& spec = record.course.target.application.spec;
    if (!std::exchange(has_image_, has_image_ || has_left_preparing(record)) && has_image_) {
      const auto reference = image_reference(spec);
      add("Preparing", "UseImage", reference,
          fmt::format("use {}, on the engine already ({})", reference, record.course.target.image_digest));
    }
    for (const auto& job : record.jobs) {
      if (job.state != records::JobState::NotNeeded || !left_out_.insert(job.job).second) continue;
      tell_skipped(record, job.job);
    }
    if (!std::exchange(self_migrates_, self_migrates_ || makes_its_schema(record)) && self_migrates_) {
      add("Starting", "SelfMigration", record.application,
          "the application makes its own schema when it starts (mode: ApplicationManaged)");
    }
  }

  void operator()(const rollout::PullImage& action) {
    if (std::exchange(has_image_, true)) return;
    add(phase_, "PullImage", action.reference, fmt::format("pull {} and pin its digest", action.reference));
  }

  void operator()(const rollout::CreateJob&) const {}        // it is told when it starts
  void operator()(const rollout::AskDatabase&) const {}      // part of its job
  void operator()(const rollout::RemoveContainer&) const {}  // it has ended, and nobody feels it

  void operator()(const rollout::RunReplica& action) { start_replica(action.container); }

  void operator()(const rollout::StartContainer& action) {
    if (action.serves) return start_replica(action.container);
    const auto& spec = record_->course.target.application.spec;
    for (const auto* job : spec::jobs_and_hooks(spec)) {
      const auto prefix = fmt::format("teal-{}-{}-r{}-", record_->application, job->name, action.revision);
      if (action.container.starts_with(prefix)) return start_job(*job, action.container);
    }
  }

  void operator()(const rollout::SendStop& action) {
    const auto* component = component_of(*record_, action.container);
    told_.stopped += 1;
    add(phase_, "StopReplica", action.container,
        fmt::format("stop {}: {} once, then at most {} to end", action.container, action.signal,
                    format_duration(component ? component->stop.grace : spec::Stop{}.grace)));
  }

  void operator()(const rollout::StopPredecessor& action) {
    add(phase_, "StopPredecessor", action.container, fmt::format("stop {}, which ran before Teal", action.container));
  }

  void operator()(const rollout::AttachServer& action) {
    const auto server = server_text(action.server, action.load_balancer, action.backend);
    in_traffic_.insert(server);
    add(phase_, "AttachServer", server,
        fmt::format("add {} once {} was healthy {} times in a row", server,
                    masking::mask_connection_strings(action.health.path), action.health.successes));
  }

  void operator()(const rollout::AdmitServer& action) {
    const auto server = server_text(action.server, action.load_balancer, action.backend);
    if (in_traffic_.insert(server).second)
      add(phase_, "EnableServer", server, fmt::format("give traffic to {}", server));
  }

  void operator()(const rollout::DrainServer& action) {
    const auto server = server_text(action.server, action.load_balancer, action.backend);
    in_traffic_.erase(server);
    drained_.insert(server);
    const auto* component = component_of(*record_, action.server);
    const auto limit =
        component && component->load_balancer ? component->load_balancer->drain : spec::LoadBalancerUse{}.drain;
    add(phase_, "DrainServer", server, fmt::format("drain and remove {}, at most {}", server, format_duration(limit)));
  }

  void operator()(const rollout::DetachServer& action) {
    const auto server = server_text(action.server, action.load_balancer, action.backend);
    in_traffic_.erase(server);
    if (drained_.erase(server) == 0) add(phase_, "DetachServer", server, fmt::format("remove {}", server));
  }

  [[nodiscard]] PlannedSteps take() { return std::move(told_); }

 private:
  void add(std::string phase, std::string action, std::string object, std::string message) {
    told_.steps.push_back({std::move(phase), std::move(action), std::move(object), std::move(message)});
  }

  void begin(int number) {
    number_ = number;
    has_image_ = self_migrates_ = false;
    left_out_.clear();
  }

  // What it has behind it is not told again.
  void take_up(const records::RolloutRecord& given) {
    begin(given.course.target.number);
    has_image_ = has_left_preparing(given);
    self_migrates_ = makes_its_schema(given);
    for (const auto& job : given.jobs) {
      if (job.state == records::JobState::NotNeeded) left_out_.insert(job.job);
    }
  }

  void start_replica(const std::string& container) {
    const auto* component = component_of(*record_, container);
    const bool in_place = component && component->replace == spec::Replace::StopFirst && record_->course.active;
    told_.started += 1;
    add(phase_, "StartReplica", container,
        fmt::format("start {}{} ({})", container,
                    in_place ? " once the old one has ended" : " with application credentials only",
                    to_string(component ? component->security : spec::Security{})));
  }

  void start_job(const spec::Job& job, const std::string& container) {
    const auto& spec = record_->course.target.application.spec;
    const auto hook = spec::find_hook(spec.hooks, job.name);
    told_.jobs.insert(container);
    const auto planned = plan_job(job, "", facts_);
    if (!hook) {
      told_.migrations += 1;
      add(phase_, "RunMigration", container,
          fmt::format("run migration job {} ({}) in the new image{}: {}; {}; {}", job.name, container,
                      target_text(planned), planned.command, limits(planned, spec.migration), to_string(job.security)));
      return;
    }
    const bool required = job.required && *hook != spec::HookPoint::OnRollback;
    add(phase_, "RunHook", container,
        fmt::format("run {} hook {} ({}){}: {}; {}; {}", to_string(*hook), job.name, container, target_text(planned),
                    planned.command, required ? "its failure stops the rollout" : "its failure stops nothing",
                    to_string(job.security)));
  }

  void tell_skipped(const records::RolloutRecord& record, const std::string& name) {
    const auto* job = spec::find_job(record.course.target.application.spec, name);
    const auto done = done_before(facts_, name);
    const bool is_last = job && job->phase == spec::JobPhase::AfterCutover;
    add(is_last ? "Retiring" : "Migrating", "SkipMigration",
        spec::container_name(record.application, name, record.course.target.number, 1),
        fmt::format("skip migration job {}: done before for this image{}", name,
                    done.empty() ? "" : fmt::format(" ({})", done)));
  }

  void tell_wait(const model::Step& step) {
    const auto& spec = record_->course.target.application.spec;
    const auto& name = record_->application;
    switch (step.wait) {
      case model::Wait::Bake:
        return add(
            phase_, "Bake", name,
            fmt::format("bake for {}{}", format_duration(spec.rollout.bake),
                        record_->course.active && rollout::keeps_old(*record_) ? " with old and new in traffic" : ""));
      case model::Wait::OldKept:
        return add(phase_, "KeepOld", name,
                   fmt::format("keep the old replicas out of traffic for {}", format_duration(spec.rollout.keep_old)));
      case model::Wait::Window:
        return add(phase_, "Wait", name,
                   fmt::format("wait until a maintenance window opens: {}",
                               rollout::opening_text(rollout::window_of(spec.rollout.windows, step.at))));
      case model::Wait::Approval:
        return add(phase_, "Wait", name, "wait until somebody approves");
      case model::Wait::Resume:
        return add(phase_, "Wait", name, fmt::format("wait until somebody runs teal resume {}", name));
      case model::Wait::Retry:
        return add(phase_, "Wait", name, fmt::format("wait until somebody runs teal retry {}", name));
      case model::Wait::Suspension:
        return add(phase_, "Wait", name, "wait until spec.suspend is false");
      case model::Wait::Change:
        return add(phase_, "Wait", name, "wait: " + step.why.message);
      case model::Wait::Nothing:
        break;
    }
  }

  const PlanFacts& facts_;
  const bool deletes_;
  const records::RolloutRecord nothing_;
  const records::RolloutRecord* record_ = &nothing_;
  std::string phase_;
  PlannedSteps told_;
  int number_ = 0;
  bool has_image_ = false;
  bool self_migrates_ = false;
  std::set<std::string> left_out_;    // jobs of the migration that are not needed
  std::set<std::string> in_traffic_;  // servers
  std::set<std::string> drained_;
};

}  // namespace

PlannedSteps tell_steps(const model::Rehearsal& rehearsal, const records::RolloutRecord* given, bool deletes,
                        const PlanFacts& facts) {
  Teller teller{given, deletes, facts};
  for (const auto& step : rehearsal.steps) teller.tell(step);
  if (rehearsal.record) teller.note_progress(*rehearsal.record);
  return teller.take();
}

}  // namespace teal::plan
