#include "controllers/rollout/replicas/replicas.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/blame.hpp"
#include "controllers/rollout/replicas/retire.hpp"
#include "controllers/rollout/replicas/set_aside.hpp"
#include "controllers/rollout/traffic/servers.hpp"
#include "manifests/masking/mask_text.hpp"
#include "manifests/wire/json.hpp"

namespace teal::rollout {
namespace {

using namespace std::chrono_literals;

constexpr Duration verdict_delay = 2s;
constexpr Duration forgiven_after = 10min;  // a replica that ran that long starts with a clean sheet

// The first replacement is immediate, then 1 s, 2 s … 5 min.
Duration restart_delay(int restarts) {
  if (restarts <= 1) return 0ms;
  return std::min<Duration>(5min, 1s * (1 << std::min(restarts - 2, 9)));
}

std::string answer_of(const Pass& pass, const world::Container& container) {
  const auto view = pass.world.health.find(container.id);
  const bool has_answered = view != pass.world.health.end() && !view->second.answer.empty();
  return has_answered ? view->second.answer : "no answer yet";
}

// One replica on its way up.
class Replica {
 public:
  Replica(Pass& pass, const records::Revision& revision, const spec::Component& component, int index,
          const BringUp& how)
      : pass_(pass),
        revision_(revision),
        component_(component),
        index_(index),
        how_(how),
        name_(spec::container_name(pass.next.application, component.name, revision.number, index)),
        container_(pass.container(name_)) {}

  void advance(FleetReport& report) {
    if (container_ && pass_.next.leaving.stopping.contains(container_->id)) return ending();
    if (container_ && is_recreated_by_hand(pass_.next, *container_)) return recreated_by_hand();
    if (container_) pass_.next.made.try_emplace(name_, container_->id);
    const auto state = readiness(component_, container_, pass_.world, pass_.now);
    switch (state) {
      case Readiness::Absent:
        absent(report);
        break;
      case Readiness::Starting:
        starting(report);
        break;
      case Readiness::Exited:
        exited(report);
        break;
      case Readiness::Unhealthy:
        unhealthy(report);
        break;
      case Readiness::Ready:
        ready(report);
        break;
    }
  }

 private:
  [[nodiscard]] std::string text() const { return replica_text(component_, index_, revision_.number); }

  // It was asked to stop and is wanted again: it will end, so it takes no more traffic. Another one follows it.
  void ending() {
    pass_.wait(spec::Reason::ReplacingReplica,
               fmt::format("{} was asked to stop; it is replaced once it has ended", text()));
    if (withdraw(pass_, *container_, true)) retire(pass_, *container_);
  }

  // Somebody has made it anew by hand, so that nobody knows what it runs: it is not the revision's, whatever it is
  // called, and gives its name back to the one that is.
  void recreated_by_hand() {
    const auto what = container_->image_id == revision_.image_id
                          ? std::string{"with what settings is not known"}
                          : fmt::format("from image {} instead of {}", container_->image_id, revision_.image_id);
    pass_.wait(spec::Reason::RecreatedByHand,
               fmt::format("{}: {} was recreated by hand, {}; it is replaced", text(), name_, what));
    if (!withdraw(pass_, *container_, true)) return;
    pass_.warning(spec::Reason::RecreatedByHand,
                  fmt::format("{}: {} was recreated by hand, {}: it is out of traffic and is replaced by one that runs "
                              "image {} of revision {}; to change what runs, change the manifest",
                              text(), name_, what, revision_.image_id, revision_.number));
    retire(pass_, *container_);
  }

  void absent(FleetReport& report) {
    if (!container_ && never_together(pass_, component_.name) && others_exist(pass_, component_, revision_.number)) {
      pass_.wait(spec::Reason::WaitingForOldReplica,
                 fmt::format("{} starts once the other revision's have ended", text()));
      return;
    }
    if (container_) return begin(StartContainer{container_->id, name_, revision_.number, true}, report);
    const auto restarts = pass_.next.restarts.find(name_);
    if (restarts != pass_.next.restarts.end()) {
      const auto due = restarts->second.last_at + restart_delay(restarts->second.count);
      if (due > pass_.now) {
        pass_.wait(spec::Reason::StartingReplicas, fmt::format("starting {}", text()));
        pass_.wake_at(due);
        return;
      }
    }
    begin(RunReplica{revision_.number, component_.name, index_, name_}, report);
  }

  void begin(const Action& action, FleetReport& report) {
    if (goes_in_turn()) {
      pass_.act_in_turn(Turn::Start, action);
    } else {
      pass_.act(action);
    }
    pass_.wait(spec::Reason::StartingReplicas, fmt::format("starting {}", text()));
    break_if_hopeless(action, report);
  }

  // Only what comes in addition, beside an old revision that serves, waits for others: neither what replaces a replica
  // that ended or had to make room, nor the way back.
  [[nodiscard]] bool goes_in_turn() const {
    const auto& record = pass_.next;
    const auto phase = record.standing.phase;
    const bool comes_up = phase == spec::Phase::Starting || phase == spec::Phase::Introducing;
    if (!comes_up || record.orders.paused || record.course.back) return false;
    if (revision_.number != record.course.target.number || record.restarts.contains(name_)) return false;
    return !record.course.active || !never_together(pass_, component_.name);
  }

  void break_if_hopeless(const Action& action, FleetReport& report) {
    const auto error = pass_.hopeless(action);
    if (error && !report.broken) {
      report.broken =
          Trouble{{spec::Reason::ReplicaNotStarted, fmt::format("{} cannot be started: {}", text(), error->message)}};
    }
  }

  void starting(FleetReport& report) {
    if (!component_.port) {
      pass_.wait(spec::Reason::WaitingForReplicas,
                 fmt::format("waiting for {} to have run for {}", text(), format_duration(settle_time)));
      pass_.wake_at(*container_->started_at + settle_time);
      return;
    }
    const auto view = pass_.world.health.find(container_->id);
    const int successes = view == pass_.world.health.end() ? 0 : view->second.successes;
    pass_.wait(spec::Reason::WaitingForHealth,
               fmt::format("waiting for {} to answer {} ({} of {} needed, {} so far): {}", text(),
                           masking::mask_connection_strings(component_.health.path), component_.health.successes,
                           component_.health.successes, successes, answer_of(pass_, *container_)));
    const auto deadline = container_->started_at.value_or(pass_.now) + component_.health.startup;
    if (has_served()) {
      if (has_refused()) return unhealthy(report);
    } else if (deadline > pass_.now) {
      pass_.wake_at(deadline);
    } else if (pass_.world.first_look) {
      pass_.wake_in(1s);  // what it answered before nobody looked is no news
    } else if (has_refused() && !report.broken) {
      report.broken = Trouble{
          {spec::Reason::HealthCheckFailed,
           fmt::format("{} did not become healthy within {}: {} answers {}", text(),
                       format_duration(component_.health.startup),
                       masking::mask_connection_strings(component_.health.path), answer_of(pass_, *container_))},
          true};
    }
    register_if_wanted(report, false);
  }

  // It was well before this teald asked it: only what was well is registered (T2).
  [[nodiscard]] bool has_served() const {
    return std::ranges::any_of(pass_.servers(name_), [&](const LocatedServer& one) {
      return container_->address && one.server->address == *container_->address;
    });
  }

  // After a restart of teald nothing has been asked yet; and a replica that has served is given its k of n again.
  [[nodiscard]] bool has_refused() const {
    const auto view = pass_.world.health.find(container_->id);
    return view != pass_.world.health.end() &&
           view->second.failures >= (how_.registered ? component_.health.failures : 1);
  }

  void unhealthy(FleetReport& report) {
    const auto why = Why{
        spec::Reason::HealthCheckFailed,
        fmt::format("{} failed its health check {} times in a row: {} answers {}", text(), component_.health.failures,
                    masking::mask_connection_strings(component_.health.path), answer_of(pass_, *container_))};
    if (!report.broken) report.broken = Trouble{why, true};
    if (!component_.load_balancer || !how_.registered) return pass_.wait(why.reason, why.message);
    const bool is_out = set_aside(pass_, component_, *container_, text());
    pass_.wait(why.reason, why.message + (is_out ? "; it takes no traffic until it answers again" : ""));
    const bool is_given = !is_out && is_given_back(pass_, *container_);
    if (is_given) register_server(pass_, component_, *container_, text(), container_->image_id == revision_.image_id);
  }

  void exited(FleetReport& report) {
    auto& restart = pass_.next.restarts[name_];
    const bool news = restart.container != container_->id;
    if (news) {
      restart.count += 1;
      restart.last_at = pass_.now;
      restart.container = container_->id;
    }
    const auto what = end_text();
    if (!how_.tolerate_exits && restart.count - restart.forgiven > how_.allowed_exits) {
      const bool compared = has_other();
      if (!compared || !old_have_ended(pass_)) {
        // An engine that stops ends old and new one after the other: a moment shows whether it does.
        const auto verdict_at = restart.last_at + (compared ? verdict_delay : 0ms);
        pass_.wait(spec::Reason::ReplicaExited, what);
        if (pass_.now < verdict_at) return pass_.wake_at(verdict_at);
        if (!report.broken) report.broken = Trouble{{spec::Reason::ReplicaExited, what}};
        return;
      }
      restart.forgiven = restart.count - how_.allowed_exits;
      pass_.excuse(records::Excuse::SharedDependency);
      pass_.warning(spec::Reason::SharedDependencyDown,
                    "old and new replicas ended together, which is not the new version's fault");
    }
    pass_.wait(spec::Reason::ReplicaExited, what);
    if (news) pass_.warning(spec::Reason::ReplicaExited, what + "; replacing it");
    if (!mutants::mutated("l4-not-replaced")) pass_.act(RemoveContainer{container_->id, name_, revision_.number});
  }

  // The old revision is kept beside this one, to be compared with.
  [[nodiscard]] bool has_other() const {
    return pass_.next.course.active && pass_.next.course.active->number != revision_.number && keeps_old(pass_.next);
  }

  [[nodiscard]] std::string end_text() const {
    if (!container_->engine_error.empty()) {
      return fmt::format("{} could not be started: {}", text(), container_->engine_error);
    }
    if (container_->out_of_memory) return fmt::format("{} was killed: out of memory", text());
    return fmt::format("{} exited with code {}{}", text(), container_->exit_code.value_or(-1),
                       pass_.last_words(*container_));
  }

  void ready(FleetReport& report) {
    if (mutants::mutated("effects-well-one-replaced") && pass_.next.restarts.contains(name_))
      return retire(pass_, *container_);
    if (container_->started_at && pass_.now - *container_->started_at > forgiven_after)
      pass_.next.restarts.erase(name_);
    if (component_.load_balancer && how_.registered && still_aside(pass_, component_, *container_, text())) return;
    report.ready += 1;
    register_if_wanted(report, true);
  }

  void register_if_wanted(FleetReport& report, bool is_ready) {
    if (!component_.load_balancer || !how_.registered) return;
    const bool is_well = is_ready || mutants::mutated("t2-before-its-health-check");
    const bool may_add = is_well && container_->image_id == revision_.image_id;  // T2
    const auto up = register_server(pass_, component_, *container_, text(), may_add);
    if (up && is_ready) report.up += 1;
  }

  Pass& pass_;
  const records::Revision& revision_;
  const spec::Component& component_;
  int index_;
  const BringUp& how_;
  std::string name_;
  const world::Container* container_;
};

// Old and new of the whole application never run side by side, on the way there and on the way back.
bool is_recreated(const Pass& pass) {
  return pass.next.course.active && strategy_of(pass.next) == spec::Strategy::Recreate &&
         !mutants::mutated("recreate-way-back-overlaps");
}

}  // namespace

bool is_recreated_by_hand(const records::RolloutRecord& record, const world::Container& container) {
  const auto made = record.made.find(container.name);
  if (made != record.made.end() && made->second != container.id) return true;
  const auto is_another_image = [&](const records::Revision& revision) {
    return revision.number == container.revision && !revision.image_id.empty() &&
           revision.image_id != container.image_id;
  };
  return container.state != world::ContainerState::Exited &&
         (is_another_image(record.course.target) || (record.course.active && is_another_image(*record.course.active)));
}

Readiness readiness(const spec::Component& component, const world::Container* container, const Observed& world,
                    Time now) {
  if (!container || container->state == world::ContainerState::Created) return Readiness::Absent;
  if (container->state == world::ContainerState::Exited) return Readiness::Exited;
  if (!component.port) {
    // Started in what is the future now: the clock was set back since.
    const bool settled =
        container->started_at && (now >= *container->started_at + settle_time || now < *container->started_at);
    return settled ? Readiness::Ready : Readiness::Starting;
  }
  const auto view = world.health.find(container->id);
  if (view == world.health.end() || !view->second.ever) return Readiness::Starting;
  return view->second.failures >= component.health.failures ? Readiness::Unhealthy : Readiness::Ready;
}

std::string replica_text(const spec::Component& component, int index, int revision) {
  return fmt::format("{} replica {} of revision {}", component.name, index, revision);
}

bool others_exist(const Pass& pass, const spec::Component& component, int revision) {
  const bool whichever = is_recreated(pass);
  return std::ranges::any_of(pass.world.containers, [&](const world::Container& one) {
    return one.role == world::Role::Serve && (whichever || one.unit == component.name) && one.revision != revision &&
           !is_left_behind(pass.world, one);
  });
}

bool is_stop_first(const Pass& pass, std::string_view component) {
  if (is_recreated(pass)) return true;
  const auto says_so = [](const spec::Component* one) { return one && one->replace == spec::Replace::StopFirst; };
  const auto* wanted = spec::find_component(pass.spec(), component);
  if (!pass.next.course.active) return says_so(wanted);
  const auto* before = spec::find_component(pass.next.course.active->application.spec, component);
  return wanted && before && (says_so(wanted) || says_so(before)) && !mutants::mutated("stop-first-overlaps");
}

bool never_together(const Pass& pass, std::string_view component) {
  if (is_recreated(pass)) return true;
  const auto says_so = [&](const spec::ApplicationSpec& spec) {
    const auto* one = spec::find_component(spec, component);
    return one && one->replace == spec::Replace::StopFirst;
  };
  return says_so(pass.spec()) || (pass.next.course.active && says_so(pass.next.course.active->application.spec));
}

FleetReport bring_up(Pass& pass, const records::Revision& revision, const BringUp& how) {
  FleetReport report;
  for (const auto& component : revision.application.spec.components) {
    if (!how.stop_first && is_stop_first(pass, component.name)) continue;
    report.wanted += component.replicas;
    if (component.load_balancer) report.wanted_servers += component.replicas;
    for (int index = 0; index < component.replicas; ++index) {
      Replica{pass, revision, component, index, how}.advance(report);
    }
  }
  return report;
}

}  // namespace teal::rollout
