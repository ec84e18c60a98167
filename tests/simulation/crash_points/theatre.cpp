#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/simulation/crash_points/scenario.hpp"

namespace teal::simulation {
namespace {

using namespace std::chrono_literals;

// Strangers may choose names that look like ours.
const std::vector<std::string> strange_servers{"by-hand", "teal-shop-api-r1", "teal-shop-api-r1-0-canary",
                                               "teal-shop-apis-r1-0", "teal-shop-api-rx-0"};

Models models_of(test::Stage& stage) {
  Models models;
  models.engine = &stage.engine;
  models.balancers["edge"] = &stage.balancer;
  models.store = &stage.store;
  models.clock = &stage.clock;
  models.has_passed = [&stage](const std::string& id) { return stage.passed.contains(id); };
  models.is_well = [&stage](const std::string& id) {
    for (const auto& [name, stored] : stage.engine.containers()) {
      if (stored.seen.id != id) continue;
      const bool is_by_hand = stored.seen.image_id == "id-other:1";  // whatever it answers, it is not what is wanted
      return !is_by_hand && !stage.sick_images.contains(stored.seen.image_id) && !stage.hung.contains(id);
    }
    return false;
  };
  for (const auto& name : strange_servers) models.strangers.insert("edge/shop_api/" + name);
  models.tells_credential = [](std::string_view text) { return text.find("migration_password") != text.npos; };
  return models;
}

}  // namespace

Theatre::Theatre()
    : monitors([this] {
        auto models = models_of(stage);
        models.lets_pass = [this](const std::string&, const spec::Analysis& analysis,
                                  const records::Revision& revision) {
          const auto found = errors.find(revision.application.spec.version);
          return found != errors.end() && found->second <= analysis.max.value_or(1.0);
        };
        return models;
      }()),
      engine_(stage.engine, monitors),
      balancer_("edge", stage.balancer, monitors),
      store_(stage.store, monitors) {
  stage.behind_engine = &engine_;
  stage.behind_balancer = &balancer_;
  stage.behind_store = &store_;
  stage.on_pass = [this] {
    if (stage.gate.met() != disturbed_) monitors.hindered("shop");
    disturbed_ = stage.gate.met();
    monitors.pass_ends("shop");  // the one before
    monitors.pass_begins("shop");
  };
  stage.on_view = [this](const status::ApplicationView& view) {
    if (stage.gate.met() != disturbed_) monitors.hindered("shop");
    monitors.shown(view);
  };
  stage.prometheus = [this](const std::string& version) {
    const auto found = errors.find(version);
    return found == errors.end() ? std::nullopt : std::optional<double>{found->second};
  };
  stage.on_time = [this] { monitors.look(); };
  // A stranger's things, which nobody may touch.
  stage.engine.add_image("other:1", {"id-other:1", "digest-other:1"});
  ports::ContainerSpec stranger;
  stranger.name = "teal-shop2-api-r1-0";
  stranger.application = "shop2";
  stranger.unit = "api";
  stranger.image_id = "id-other:1";
  stage.start_teald();
  const auto id = stage.wait(stage.engine.create(stranger));
  static_cast<void>(stage.wait(stage.engine.start(*id)));
  strangers_.insert(stranger.name);
  for (const auto& name : strange_servers) {
    ports::ServerSpec server;
    server.name = name;
    server.address = "127.0.0.1:7";
    static_cast<void>(stage.wait(stage.balancer.attach("shop_api", server)));
  }
}

void Theatre::set_in_image(const std::string& version, const std::string& variable) {
  stage.engine.set_in_image("id-shop:" + version, variable);
}

// A foreign container: no list of ours shows it.
void Theatre::take_name(const std::string& container) {
  ports::ContainerSpec stranger;
  stranger.name = container;
  stranger.image_id = "id-other:1";
  static_cast<void>(stage.wait(stage.engine.create(stranger)));
  strangers_.insert(container);
}

bool Theatre::strangers_are_whole() {
  const auto servers = stage.servers();
  const auto is_there = [&](const std::string& name) {
    return std::ranges::find(servers, name, &world::Server::name) != servers.end();
  };
  return std::ranges::all_of(strange_servers, is_there) && std::ranges::all_of(strangers_, [&](const auto& name) {
           const auto found = stage.engine.containers().find(name);
           return found != stage.engine.containers().end() && found->second.signals.empty();
         });
}

void Theatre::curtain() {
  curtain_ = true;
  stage.fewest_up = 1000;
  stage.gate.attend(true);
}

// Asked again at once when teald died: an edit that comes late lets what it supersedes go further than it does
// undisturbed. Refused then because it was granted before is fine; refused at once, or not answered, is asked again a
// little later: teald may not have looked yet.
void Theatre::insist(const std::function<Result<void>()>& call) {
  stage.gate.attend(curtain_);
  bool maybe_granted = false;
  for (int i = 0; i < 8; ++i) {
    try {
      const auto done = call();
      if (done || (maybe_granted && done.error().code == ErrorCode::conflict)) return;
      if (done.error().code != ErrorCode::conflict) maybe_granted = true;
    } catch (const test::Gate::Died&) {
      stage.start_teald();
      maybe_granted = true;
      stage.gate.attend(curtain_);
      continue;
    }
    stage.run_until([] { return true; });
    stage.gate.attend(curtain_);
  }
  complain("what was asked for is refused again and again");
}

void Theatre::apply() {
  insist([this] { return stage.wait(stage.teald().apply(stage.application, "ann", false)); });
}

void Theatre::want(const std::string& version) {
  stage.application.spec.version = version;
  apply();
}

void Theatre::edit(const std::function<void(spec::ApplicationSpec&)>& change) {
  change(stage.application.spec);
  apply();
}

void Theatre::ask(records::Verb verb, std::optional<int> to_revision) {
  if (verb == records::Verb::Retry || verb == records::Verb::Resume || verb == records::Verb::Rollback)
    monitors.retry_asked("shop");
  records::VerbRequest request;
  request.verb = verb;
  request.by = "ann";
  request.accepts_unknown = true;  // an admin who has looked
  request.to_revision = to_revision;
  insist([this, request] {
    monitors.asked(request.by.name);
    auto done = stage.wait(stage.teald().request("shop", request));
    monitors.answered(request.by.name, done);
    return done;
  });
}

void Theatre::remove() {
  insist([this] { return stage.wait(stage.teald().remove("shop", "ann")); });
}

const records::RolloutRecord* Theatre::record() const { return stage.store.newest("shop"); }

void Theatre::until(const std::string& what, const std::function<bool()>& reached) {
  if (!complaints_.empty() || reached()) return;
  if (!stage.run_until(reached)) complain("it never comes to this: " + what);
}

void Theatre::until(spec::Phase phase) {
  until(std::string{to_string(phase)}, [this, phase] { return record() && record()->standing.phase == phase; });
}

void Theatre::until_rest() {
  const auto generation = [this] {
    const auto* application = stage.store.application("shop");
    return application ? application->generation : 0;
  };
  until("rest", [&] {
    const auto* newest = record();
    return newest && records::is_terminal(newest->standing.phase) && !newest->orders.retry &&
           !newest->orders.rollback && newest->generation == generation();
  });
  // What is left to do after a rollout has ended: replicas are replaced, leftovers removed.
  const auto whole = [this] {
    const auto seen = stage.view();
    const bool is_wanted =
        record()->course.active && record()->standing.phase == spec::Phase::Complete && !record()->course.back;
    return seen && (seen->status.phase == "Healthy" || !is_wanted);
  };
  until("a whole fleet", whole);
  for (int i = 0; i < 12; ++i) stage.run_until([] { return true; });
}

void Theatre::until_gone() {
  until("nothing left of it", [this] { return stage.store.application("shop") == nullptr && !stage.view(); });
}

void Theatre::die(const std::string& container, int exit_code) {
  stage.engine.end(container, exit_code);
  monitors.look();
}

void Theatre::recreate(const std::string& container) {
  stage.engine.vanish(container);
  ports::ContainerSpec by_hand;
  by_hand.name = container;
  by_hand.application = "shop";
  by_hand.unit = "api";
  by_hand.revision = 1;
  by_hand.image_id = "id-other:1";
  by_hand.port = 8000;
  const auto id = stage.wait(stage.engine.create(by_hand));
  static_cast<void>(stage.wait(stage.engine.start(*id)));
  monitors.look();
}

void Theatre::hang(const std::string& container) {
  stage.hung.insert(stage.engine.containers().at(container).seen.id);
  monitors.look();
}

std::vector<std::string> Theatre::complaints() const {
  auto all = complaints_;
  for (const auto& one : monitors.violations()) all.push_back(fmt::format("{}: {}", to_string(one.promise), one.what));
  return all;
}

void check_end(Theatre& theatre, const Story& story) {
  auto& stage = theatre.stage;
  std::size_t wanted = 0;
  const auto* record = theatre.record();
  if (!story.version.empty()) {
    if (!record) return theatre.complain("L3: no rollout is on record");
    if (record->standing.phase != story.phase) {
      theatre.complain(fmt::format("L3: the rollout ends {} ({}: {})", to_string(record->standing.phase),
                                   to_string(record->outcome.reason), record->outcome.message));
    }
    if (!record->course.active || record->course.active->application.spec.version != story.version) {
      return theatre.complain("L1: another version is active than " + story.version);
    }
    for (const auto& component : record->course.active->application.spec.components) {
      for (int index = 0; index < component.replicas; ++index) {
        ++wanted;
        const auto name = spec::container_name("shop", component.name, record->course.active->number, index);
        const auto found = stage.engine.containers().find(name);
        if (found == stage.engine.containers().end() || found->second.seen.state != world::ContainerState::Running) {
          theatre.complain("L1: " + name + " does not run");
        }
      }
    }
  }
  const auto of_ours = std::ranges::count_if(stage.engine.containers(),
                                             [](const auto& entry) { return entry.second.seen.application == "shop"; });
  if (static_cast<std::size_t>(of_ours) != wanted) theatre.complain("O3: a container is left over");
  if (!theatre.strangers_are_whole()) theatre.complain("O2: something of a stranger's is gone");
  const auto servers = stage.servers();
  const auto up = static_cast<std::size_t>(std::ranges::count_if(servers, &world::Server::up));
  const auto behind = story.version.empty() ? 0 : record->course.active->application.spec.components[0].replicas;
  const auto registered = servers.size() - strange_servers.size();
  if (up != static_cast<std::size_t>(behind) || registered != up) {
    theatre.complain(fmt::format("L1: {} of {} servers are up, {} are registered", up, behind, registered));
  }
  if (stage.fewest_up < story.least_up) {
    theatre.complain(fmt::format("T1: {} servers took traffic at some time, {} were to at any", stage.fewest_up,
                                 story.least_up));
  }
  const auto seen = stage.view();
  const bool healthy = seen && seen->status.phase == "Healthy";
  if (healthy && up != static_cast<std::size_t>(behind)) theatre.complain("O5: it is said to be healthy and is not");
}

}  // namespace teal::simulation
