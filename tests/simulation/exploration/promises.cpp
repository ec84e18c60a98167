// The numbered promises of the design, as what must be true of every effect, every pass and every state. Only the
// world's truth is believed.
#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/phases.hpp"
#include "tests/simulation/exploration/model.hpp"

namespace teal::exploration {
namespace {

const spec::ApplicationSpec& wanted_spec(const State& state) { return state.desired->application.spec; }

const spec::Component* component_of(const State& state, const world::Container& container) {
  const auto* revision = state.revision(container.revision);
  const auto* found = revision ? spec::find_component(revision->application.spec, container.unit) : nullptr;
  return found ? found : spec::find_component(wanted_spec(state), container.unit);
}

int serving(const State& state, const Slot& like) {
  return static_cast<int>(std::ranges::count_if(state.slots, [&](const Slot& one) {
    return one.balancer == like.balancer && one.backend == like.backend && state.serves(one);
  }));
}

// One of the revisions that may run says that old and new must not run side by side.
bool must_not_overlap(const State& state, const std::string& unit) {
  const auto says_so = [&](const spec::ApplicationSpec& spec) {
    const auto* component = spec::find_component(spec, unit);
    return spec.rollout.strategy == spec::Strategy::Recreate ||
           (component && component->replace == spec::Replace::StopFirst);
  };
  const auto& record = *state.record;
  return rollout::strategy_of(record) == spec::Strategy::Recreate || says_so(record.course.target.application.spec) ||
         (record.course.active && says_so(record.course.active->application.spec));
}

bool going_forward(const records::RolloutRecord& record) {
  return !records::is_terminal(record.standing.phase) && record.standing.phase != spec::Phase::RollingBack &&
         record.course.active && record.course.active->number != record.course.target.number;
}

// Every replica of the target that belongs behind a load balancer serves there.
bool target_serves(const State& state) {
  const auto& target = state.record->course.target;
  for (const auto& component : target.application.spec.components) {
    if (!component.load_balancer) continue;
    for (int index = 0; index < component.replicas; ++index) {
      const auto name = spec::container_name("a", component.name, target.number, index);
      const bool up =
          std::ranges::any_of(state.slots, [&](const Slot& one) { return one.seen.name == name && state.serves(one); });
      if (!up) return false;
    }
  }
  return true;
}

struct Checker {
  const State& state;
  bool first_half;
  Report& report;

  void broke(std::string_view promise, const std::string& how) const {
    report.broken.push_back(fmt::format("{}: {}", promise, how));
  }

  void operator()(const rollout::PullImage&) const {}
  void operator()(const rollout::AskDatabase&) const {}  // no scene has a job with a database

  void operator()(const rollout::CreateJob& action) const {
    if (state.box(action.container)) broke("M1", action.container + " is created although it exists");
  }

  void operator()(const rollout::RunReplica& action) const {
    const auto* revision = state.revision(action.revision);
    if (!revision) return broke("M2", action.container + " is of no known revision");
    for (const auto& job : revision->application.spec.migration.jobs) {
      if (job.phase != spec::JobPhase::BeforeStart) continue;
      if (!state.done.contains(job.name + "@" + revision->image_digest)) {
        broke("M2", fmt::format("{} is created before job {} has succeeded", action.container, job.name));
      }
    }
    if (!must_not_overlap(state, action.component)) return;
    for (const auto& box : state.boxes) {
      if (box.seen.role == world::Role::Serve && box.seen.unit == action.component &&
          box.seen.revision != action.revision && box.seen.state == world::ContainerState::Running) {
        broke("StopFirst", fmt::format("{} is started while {} still runs", action.container, box.seen.name));
      }
    }
  }

  void operator()(const rollout::StartContainer& action) const {
    for (const auto& box : state.boxes) {
      if (box.seen.id != action.id || box.seen.role != world::Role::Migrate) continue;
      if (box.seen.started_at) broke("M1", action.container + " is started a second time");
      for (const auto& other : state.boxes) {
        if (other.seen.role == world::Role::Migrate && other.seen.state == world::ContainerState::Running) {
          broke("M1", fmt::format("{} is started while {} runs", action.container, other.seen.name));
        }
      }
      const auto* revision = state.revision(box.seen.revision);
      if (!revision) return broke("O2", action.container + " is of no known revision");
      starts_in_its_place(box, *revision);
      const auto done = box.seen.unit + "@" + revision->image_digest;
      const bool is_hook = spec::find_hook(revision->application.spec.hooks, box.seen.unit).has_value();
      if (state.migrated.contains(done)) {
        broke("M3", fmt::format("{} is started although job {} is on record as done for {}", action.container,
                                box.seen.unit, revision->image_digest));
      }
      const auto& policy = revision->application.spec.migration;
      if (!policy.idempotent && state.answers == 0 && !is_hook && state.done.contains(done)) {
        broke("M3", fmt::format("{} is started although job {} has succeeded for {}", action.container, box.seen.unit,
                                revision->image_digest));
      }
      const auto before = state.starts.find(fmt::format("{}@{}", done, box.seen.revision));
      const int limit = (policy.idempotent ? policy.attempts : 1) * (1 + state.answers + state.faults);
      const int asked = policy.idempotent ? limit : 1 + state.answers;
      if (before != state.starts.end() && before->second >= asked) {
        broke("M4", fmt::format("{} is attempt {} of a job that nobody asked to be repeated", action.container,
                                before->second + 1));
      }
    }
  }

  // The post-deployment step only once nothing old runs, a rollback's hook only in a rollback.
  void starts_in_its_place(const Box& box, const records::Revision& revision) const {
    const auto& spec = revision.application.spec;
    const auto hook = spec::find_hook(spec.hooks, box.seen.unit);
    const auto* job = spec::find_job(spec, box.seen.unit);
    if (!hook && job != nullptr && job->phase == spec::JobPhase::AfterCutover) {
      for (const auto& other : state.boxes) {
        if (other.seen.role != world::Role::Serve || other.seen.revision == box.seen.revision) continue;
        broke("M2", fmt::format("{} contracts the schema while {} is still there", box.seen.name, other.seen.name));
      }
    }
    if (hook == spec::HookPoint::OnRollback && state.record->standing.phase != spec::Phase::RollingBack &&
        !state.record->course.back) {
      broke("M2", box.seen.name + " is for a rollback, and there is none");
    }
  }

  void operator()(const rollout::SendStop& action) const {
    for (const auto& box : state.boxes) {
      if (box.seen.id != action.id || box.seen.state != world::ContainerState::Running) continue;
      if (box.seen.role == world::Role::Migrate) {
        if (box.signals > 0) broke("M5", action.container + " is sent a second signal");
        const auto* revision = state.revision(box.seen.revision);
        const auto timeout = revision ? revision->application.spec.migration.timeout : Duration{0};
        if (state.now < *box.seen.started_at + timeout) broke("M5", action.container + " is stopped before its time");
        return;
      }
      if (box.signals > 0) broke("Stop", action.container + " is sent a second stop signal");
      let_go(box, "is stopped");
    }
  }

  void operator()(const rollout::RemoveContainer& action) const {
    for (const auto& box : state.boxes) {
      if (box.seen.id != action.id || box.seen.state != world::ContainerState::Running) continue;
      if (box.seen.role == world::Role::Migrate) {
        broke("M5", action.container + " is removed while it runs");
        return;
      }
      const auto* component = component_of(state, box.seen);
      const auto grace = component ? component->stop.grace : Duration{0};
      if (box.signals > 0 ? state.now < *box.signalled_at + grace : state.tries_to_stop(box) < 3) {
        broke("Stop", action.container + " is killed before its grace is over");
      }
      let_go(box, "is killed");
    }
  }

  // T3: every load balancer has let go of it, or its time to do so is over.
  void let_go(const Box& box, std::string_view what) const {
    for (const auto& slot : state.slots) {
      if (slot.seen.name != box.seen.name || slot.seen.address != box.seen.address) continue;
      const auto where = fmt::format("{} {} while {}", box.seen.name, what, slot.balancer);
      if (slot.seen.intake == world::Intake::Open) broke("T3", where + " still sends it requests");
      if (slot.seen.sessions > 0 && !drain_is_over(slot, box)) broke("T3", where + " still has its requests under way");
    }
  }

  [[nodiscard]] bool drain_is_over(const Slot& slot, const Box& box) const {
    const auto* component = component_of(state, box.seen);
    const auto limit = component && component->load_balancer ? component->load_balancer->drain : Duration{0};
    return slot.drained_at && state.now >= *slot.drained_at + limit;
  }

  void operator()(const rollout::StopPredecessor&) const {}

  void operator()(const rollout::AttachServer& action) const {
    const auto* box = state.box(action.server);
    if (!box || !box->was_well) broke("T2", action.server + " is registered before its own health check has passed");
  }

  void operator()(const rollout::AdmitServer& action) const {
    const auto* box = state.box(action.server);
    if (!box || !box->was_well) {
      return broke("T2", action.server + " is given traffic before its own health check has passed");
    }
    const auto* revision = state.revision(box->seen.revision);
    if (revision && revision->image_id != box->seen.image_id) {
      broke("T2", action.server + " is given traffic although its image is another one");
    }
  }

  void operator()(const rollout::DrainServer& action) const { takes_away(action.load_balancer, action.server, false); }
  void operator()(const rollout::DetachServer& action) const {
    takes_away(action.load_balancer, action.server, action.cut_sessions);
  }

  void takes_away(const std::string& balancer, const std::string& server, bool cuts) const {
    if (state.balancer_down) return;
    for (const auto& slot : state.slots) {
      if (slot.balancer != balancer || slot.seen.name != server) continue;
      const auto* box = state.box(server);
      const bool alive =
          box && box->seen.state == world::ContainerState::Running && box->seen.address == slot.seen.address;
      if (cuts && alive && slot.seen.sessions > 0 && !drain_is_over(slot, *box)) {
        broke("T3", fmt::format("the requests on {} are cut before the drain time is over", server));
      }
      if (!state.serves(slot) || state.desired->deleting) return;
      leaves(slot, *box);
    }
  }

  void leaves(const Slot& slot, const Box& box) const {
    const auto& record = *state.record;
    if (must_not_overlap(state, box.seen.unit) || !record.course.active) return;
    const auto* wanted = spec::find_component(wanted_spec(state), box.seen.unit);
    const auto* now = spec::find_component(record.course.active->application.spec, box.seen.unit);
    const int least = std::min(wanted ? wanted->replicas : 0, now ? now->replicas : 0);
    if (serving(state, slot) - 1 < least) {
      broke("T1", fmt::format("{} leaves traffic: {} of {} are left", slot.seen.name, serving(state, slot) - 1, least));
    }
    if (going_forward(record) && box.seen.revision == record.course.active->number && !target_serves(state)) {
      broke("T4", fmt::format("{} leaves traffic before every new server serves", slot.seen.name));
    }
  }
};

}  // namespace

void check_effect(const State& state, const rollout::Action& action, bool first_half, Report& report) {
  if (const auto* run = std::get_if<rollout::RunReplica>(&action); run && !first_half && state.box(run->container))
    return;
  std::visit(Checker{state, first_half, report}, action);
}

}  // namespace teal::exploration
