#include "controllers/reconcile/observe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "controllers/environment/masking.hpp"
#include "controllers/mutants/mutated.hpp"
#include "controllers/reconcile/observe_image.hpp"
#include "controllers/reconcile/observe_words.hpp"
#include "controllers/rollout/adopt_world.hpp"
#include "controllers/rollout/analyse.hpp"
#include "controllers/rollout/clamp_to_now.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/replicas.hpp"
#include "manifests/masking/mask_text.hpp"
#include "manifests/wire/json.hpp"

namespace teal::reconcile {
namespace {

using boost::asio::awaitable;

// `wanted` stands for what there is no record of, so that what serves can be found.
std::vector<const records::Revision*> revisions_of(const std::optional<records::RolloutRecord>& record,
                                                   const records::Revision& wanted) {
  std::vector<const records::Revision*> revisions;
  if (!record) return {&wanted};
  if (record->course.target.number > 0) revisions.push_back(&record->course.target);
  if (record->course.active && record->course.active->number != record->course.target.number)
    revisions.push_back(&*record->course.active);
  return revisions;
}

const spec::Component* component_of(const std::vector<const records::Revision*>& revisions,
                                    const world::Container& container) {
  const spec::Component* any = nullptr;
  for (const auto* revision : revisions) {
    const auto* component = spec::find_component(revision->application.spec, container.unit);
    if (component && revision->number == container.revision) return component;
    if (component) any = component;
  }
  return any;
}

// Only what the load balancer itself says of a backend proves that it is not there: an answer that cannot be read says
// nothing.
bool proves_absence(const Error& error) {
  return error.code == ErrorCode::not_found ||
         (error.code == ErrorCode::invalid && mutants::mutated("t3-illegible-is-gone"));
}

// One that takes traffic and is called as a replica of another application is. Of this teald's own applications none
// is: there a backend is refused to the second one that names it.
const world::Server* server_of_another(const std::string& application, const std::vector<world::Server>& servers) {
  const auto is_of_another = [&](const world::Server& server) {
    constexpr std::string_view prefix = "teal-";
    if (!server.up || !server.name.starts_with(prefix)) return false;
    const auto first_word = server.name.substr(prefix.size(), server.name.find('-', prefix.size()) - prefix.size());
    return spec::parse_container_name(first_word, server.name) && !spec::parse_container_name(application, server.name);
  };
  const auto found = std::ranges::find_if(servers, is_of_another);
  return found == servers.end() ? nullptr : &*found;
}

// What all revisions of it want of each load balancer, the newest first.
std::map<std::string, std::vector<ports::BackendSpec>> wanted_backends(
    const std::vector<const records::Revision*>& revisions, bool maintenance) {
  std::map<std::string, std::vector<ports::BackendSpec>> wanted;
  for (const auto* revision : revisions) {
    for (const auto& component : revision->application.spec.components) {
      if (!component.load_balancer) continue;
      const auto& use = *component.load_balancer;
      ports::BackendSpec backend;
      backend.name = use.backend;
      backend.routes = use.routes;
      backend.health = component.health;
      backend.replicas = component.replicas;
      backend.maintenance = maintenance;
      wanted[use.name].push_back(std::move(backend));
    }
  }
  return wanted;
}

// Its own name first, then its wildcard's; of several that which ends first.
const world::Certificate* certificate_of(const std::vector<world::Certificate>& all, const std::string& host) {
  const auto dot = host.find('.');
  const auto wildcard = dot == std::string::npos ? host : "*" + host.substr(dot);
  for (const auto& name : {host, wildcard}) {
    const world::Certificate* found = nullptr;
    for (const auto& one : all) {
      const bool fits = std::ranges::find(one.hosts, name) != one.hosts.end();
      if (fits && (found == nullptr || one.expires < found->expires)) found = &one;
    }
    if (found != nullptr) return found;
  }
  return nullptr;
}

void observe_certificates(const ports::Ports& ports, const spec::ApplicationSpec& spec, rollout::Observed& world) {
  for (const auto& component : spec.components) {
    if (!component.load_balancer || component.load_balancer->routes.empty()) continue;
    const auto port = ports.load_balancers.find(component.load_balancer->name);
    if (port == ports.load_balancers.end()) continue;
    const auto served = port->second.load_balancer->certificates();
    for (const auto& route : component.load_balancer->routes) {
      if (const auto* found = certificate_of(served, route.host))
        world.certificates.insert_or_assign(route.host, *found);
    }
  }
}

// Says to every load balancer what the application wants of it; those that refuse, and why.
awaitable<std::map<std::string, std::string>> claim_backends(const ports::Ports& ports, const std::string& application,
                                                             const std::vector<const records::Revision*>& revisions,
                                                             bool maintenance) {
  std::map<std::string, std::string> refusals;
  auto wanted = wanted_backends(revisions, maintenance);
  for (const auto& [name, port] : ports.load_balancers) {
    auto claimed = co_await port.load_balancer->claim(application, std::move(wanted[name]));
    if (!claimed) refusals.emplace(name, claimed.error().message);
  }
  co_return refusals;
}

// Who of the load balancer's servers ran before Teal: what the manifest names, what leads to its containers, and where
// the configuration is Teal's everything that is no replica's.
void note_predecessors(const std::vector<const records::Revision*>& revisions, const rollout::Observed& world,
                       const std::function<bool(const world::Server&)>& is_ours, rollout::BackendView& view) {
  const auto& adopt = revisions.front()->application.spec.adopt;
  if (!adopt && !view.kept_by_teal) return;
  std::set<std::string> addresses;
  for (const auto& one : world.predecessors.value_or(std::vector<world::Predecessor>{})) {
    for (const auto& [port, address] : one.addresses) addresses.insert(address);
  }
  for (const auto& server : view.servers) {
    if (is_ours(server)) continue;
    if (!spec::parse_container_name(revisions.front()->application.name, server.name))
      view.others.push_back(server.name);
    const auto named = fmt::format("{}/{}", view.load_balancer, server.name);
    const bool is_named = adopt && std::ranges::find(adopt->servers, named) != adopt->servers.end();
    const bool is_added = view.kept_by_teal && !server.name.starts_with("teal-");  // no replica of anybody's
    if (is_added || is_named || addresses.contains(server.address)) view.predecessors.push_back(server);
  }
}

// While they are the fallback, and then for as long as a reload could bring a server of theirs back.
bool wants_predecessors(const std::optional<records::RolloutRecord>& record) {
  if (!record || !record->course.target.application.spec.adopt) return false;
  if (record->predecessors == records::Predecessors::Stopped) return false;
  return !records::is_terminal(record->standing.phase) || record->standing.phase == spec::Phase::Complete;
}

awaitable<Result<void>> observe_predecessors(ports::Engine& engine, std::vector<std::string> names,
                                             rollout::Observed& world) {
  world.predecessors.emplace();
  for (auto& name : names) {
    auto seen = co_await engine.predecessor(name);
    if (!seen && seen.error().code == ErrorCode::invalid) seen = world::Predecessor{name, "", false, "", {}};
    if (!seen) co_return within("engine", seen.error());
    world.predecessors->push_back(std::move(*seen));
  }
  co_return Result<void>{};
}

awaitable<void> observe_backends(const ports::Ports& ports, const records::ApplicationRecord& desired,
                                 const std::vector<const records::Revision*>& revisions, bool asks_for_obstacles,
                                 bool maintenance, rollout::Observed& world) {
  const auto& application = desired.application.name;
  // One that is deleted wants nothing any more once its containers are gone: no other pass may come after this.
  const bool is_gone = desired.deleting && world.containers.empty();
  const std::vector<const records::Revision*> nothing;
  const auto refusals = co_await claim_backends(ports, application, is_gone ? nothing : revisions, maintenance);
  std::map<std::pair<std::string, std::string>, std::set<std::string>> backends;
  for (const auto* revision : revisions) {
    for (const auto& component : revision->application.spec.components) {
      if (!component.load_balancer) continue;
      backends[{component.load_balancer->name, component.load_balancer->backend}].insert(component.name);
    }
  }
  for (const auto& [where, components] : backends) {
    const auto is_ours = [&](const world::Server& server) {
      const auto replica = spec::parse_container_name(application, server.name);
      return replica && components.contains(replica->unit);
    };
    auto view = co_await observe_backend(ports, application, where.first, where.second, asks_for_obstacles);
    note_predecessors(revisions, world, is_ours, view);
    if (!mutants::mutated("o2-foreign-server"))
      std::erase_if(view.servers, [&](const world::Server& server) { return !is_ours(server); });
    const auto refused = refusals.find(where.first);
    if (asks_for_obstacles && refused != refusals.end()) view.obstacles.push_back(refused->second);
    world.backends.push_back(std::move(view));
  }
}

// Probes are wanted of every running replica whose check we know.
void observe_health(const ports::Ports& ports, const std::string& application,
                    const std::vector<const records::Revision*>& revisions, rollout::Observed& world) {
  std::vector<ports::ProbeTarget> targets;
  for (const auto& container : world.containers) {
    if (container.role != world::Role::Serve || container.state != world::ContainerState::Running || !container.address)
      continue;
    const auto* component = component_of(revisions, container);
    if (!component || !component->port) continue;
    if (const auto view = ports.health->view(container.id)) world.health.emplace(container.id, *view);
    ports::ProbeTarget target;
    target.container_id = container.id;
    target.component = component->name;
    target.address = *container.address;
    target.check = component->health;
    target.settled = readiness(*component, &container, world, Time{}) == rollout::Readiness::Ready;
    targets.push_back(std::move(target));
  }
  ports.health->watch(application, std::move(targets));
}

// During a rollout Teal sends requests of its own through the load balancers and counts those that fail. On a first
// installation that begins once there is something to answer.
void observe_traffic(const ports::Ports& ports, const std::string& application,
                     const std::optional<records::RolloutRecord>& record, rollout::Observed& world) {
  std::vector<ports::TrafficTarget> targets;
  const bool serving = record && !records::is_terminal(record->standing.phase) &&
                       (record->course.active || record->standing.phase == spec::Phase::Verifying);
  if (serving) {
    for (const auto& component : record->course.target.application.spec.components) {
      if (!component.load_balancer) continue;
      const auto port = ports.load_balancers.find(component.load_balancer->name);
      if (port == ports.load_balancers.end() || port->second.url.empty()) continue;
      ports::TrafficTarget target;
      target.component = component.name;
      target.load_balancer = component.load_balancer->name;
      target.backend = component.load_balancer->backend;
      target.url = port->second.url;
      target.check = component.health;
      for (auto& [header, value] : port->second.load_balancer->probe_headers(component.load_balancer->backend))
        target.check.headers[header].text = std::move(value);
      target.per_second = port->second.probes_per_second;
      targets.push_back(std::move(target));
      world.probed.insert(component.name);
    }
  }
  world.traffic_targets = targets.size();
  world.traffic = ports.health->take_traffic(application);
  ports.health->watch_traffic(application, std::move(targets));
}

void observe_analysis(const ports::Ports& ports, const std::string& application,
                      const std::optional<records::RolloutRecord>& record, rollout::Observed& world) {
  world.can_analyse = ports.analyst != nullptr;
  if (!world.can_analyse) return;
  ports.analyst->watch(application, record ? rollout::analysis_targets(*record) : std::vector<world::AnalysisTarget>{});
  world.analysis = ports.analyst->view(application);
}

// Without an active revision nothing is placed yet, so that a wrong engine's name can still be fixed.
Result<ports::Engine*> engine_of(const ports::Ports& ports, const records::ApplicationRecord& desired,
                                 const std::optional<records::RolloutRecord>& record) {
  if (!record) return ports.engine(desired.application.spec);
  auto engine = ports.engine(records::placed_by(*record));
  return engine || record->course.active ? engine : ports.engine(desired.application.spec);
}

}  // namespace

std::string engine_problem(const ports::Ports& ports, const spec::ApplicationSpec& spec,
                           const std::optional<records::Revision>& active) {
  const auto wanted = ports.engine(spec);
  if (!wanted) return "spec.engine: " + wanted.error().message;
  const auto present = active ? ports.engine(active->application.spec) : wanted;
  if (present && *present != *wanted) {
    return "spec.engine: moving an application to another engine is not supported yet: keep the engine, or install it "
           "there under another name";
  }
  return {};
}

awaitable<rollout::BackendView> observe_backend(const ports::Ports& ports, std::string application,
                                                std::string load_balancer, std::string backend,
                                                bool asks_for_obstacles) {
  rollout::BackendView view;
  view.load_balancer = std::move(load_balancer);
  view.backend = std::move(backend);
  const auto port = ports.load_balancers.find(view.load_balancer);
  if (port == ports.load_balancers.end()) {
    view.presence = rollout::Presence::Absent;
    view.why = "it is not in teald.yaml";
    co_return view;
  }
  view.kept_by_teal = port->second.load_balancer->takes_routes();
  auto servers = co_await port->second.load_balancer->servers(view.backend);
  if (!servers) {
    view.presence = proves_absence(servers.error()) ? rollout::Presence::Absent : rollout::Presence::Unknown;
    view.why = servers.error().message;
    co_return view;
  }
  view.servers = std::move(*servers);
  if (!asks_for_obstacles) co_return view;
  auto obstacles = co_await port->second.load_balancer->obstacles(view.backend);
  if (obstacles) view.obstacles = std::move(*obstacles);
  if (const auto* other = server_of_another(application, view.servers)) {
    view.obstacles.push_back(fmt::format(
        "its server {} takes traffic and is another application's, of another teald or of one that is forgotten here: "
        "users would get a mix of both; a backend belongs to one application",
        other->name));
  }
  auto remarks = co_await port->second.load_balancer->remarks(view.backend);
  if (remarks) view.remarks = std::move(*remarks);
  co_return view;
}

awaitable<Result<rollout::Observed>> observe(const ports::Ports& ports, const records::ApplicationRecord& desired,
                                             const std::optional<records::RolloutRecord>& record, PassMemory& memory) {
  const auto& name = desired.application.name;
  const auto engine = engine_of(ports, desired, record);
  rollout::Observed world;
  memory.sighting.reset();
  if (!engine) {
    // Nothing of it was ever made on an engine that teald does not have.
    if (desired.deleting && !(record && record->course.active)) co_return world;
    co_return engine.error();
  }
  auto containers = co_await (*engine)->kept(name);
  if (!containers) co_return within("engine", containers.error());
  world.containers = std::move(*containers);
  world.strangers = (*engine)->strangers(name);
  world.of_others = (*engine)->of_others(name);
  if ((*engine)->keeps()) memory.sighting = Sighting{world.containers, world.strangers, world.of_others};
  for (auto& container : world.containers)
    container.engine_error = masking::mask_connection_strings(container.engine_error);

  records::Revision wanted;
  wanted.application = desired.application;
  const auto revisions = record || !world.containers.empty() || !world.of_others.empty()
                             ? revisions_of(record, wanted)
                             : std::vector<const records::Revision*>{};
  auto recognised = co_await recognise_images(**engine, revisions, world.containers);
  if (!recognised) co_return recognised.error();
  const bool is_preparing = record && rollout::is_still_preparing(*record);
  if (wants_predecessors(record)) {
    auto looked =
        co_await observe_predecessors(**engine, record->course.target.application.spec.adopt->containers, world);
    if (!looked) co_return looked.error();
  }
  co_await observe_backends(ports, desired, revisions, is_preparing, record && record->orders.maintenance, world);
  memory.missing_before = memory.missing_servers;
  take_second_look(ports, memory.missing_servers, world);
  observe_health(ports, name, revisions, world);
  if (record) observe_certificates(ports, record->course.target.application.spec, world);
  observe_traffic(ports, name, record, world);
  observe_analysis(ports, name, record, world);
  const auto& spec = record ? record->course.target.application.spec : desired.application.spec;
  co_await observe_words(ports, **engine, revisions, spec, memory, world);

  if (!desired.deleting && rollout::is_newer_than(record, world)) {
    auto image = co_await observe_image(**engine, {image_reference(desired.application.spec)});
    if (!image) co_return image.error();
    world.image = std::move(*image);
  } else if (is_preparing) {
    auto image = co_await observe_image(**engine, image_references(*record));
    if (!image) co_return image.error();
    world.image = std::move(*image);
    world.engine_problem = engine_problem(ports, record->course.target.application.spec, record->course.active);
    world.engine_room = co_await (*engine)->room();
    world.pulled = memory.pulled == records::rollout_name(*record);
    observe_pull(ports, **engine, *record, world);
  }
  if (record && !record->course.target.image_digest.empty() && !records::is_terminal(record->standing.phase)) {
    const auto& whose =
        mutants::mutated("m3-another-digest") && record->course.active ? *record->course.active : record->course.target;
    auto migrated = co_await ports.store->migrated(name, whose.image_digest);
    if (!migrated) co_return within("store", migrated.error());
    world.migrated = std::move(*migrated);
    world.migrated_digest = record->course.target.image_digest;
  }
  if (record && record->standing.phase == spec::Phase::Complete && record->course.active && record->pulled &&
      ports.registry != nullptr) {
    world.tag_digest = ports.registry->last_digest(image_reference(record->course.active->application.spec));
  }
  for (auto& [job, seen] : memory.databases) rollout::clamp_to_now(seen, ports.clock->now());
  world.databases = memory.databases;
  world.failures = memory.failures;
  world.running = memory.running;
  co_return world;
}

awaitable<Result<bool>> is_as_seen(const ports::Ports& ports, const records::ApplicationRecord& desired,
                                   const std::optional<records::RolloutRecord>& record, const PassMemory& memory) {
  const auto engine = engine_of(ports, desired, record);
  if (!memory.sighting || !engine) co_return true;
  const auto& name = desired.application.name;
  auto containers = co_await (*engine)->list(name);
  if (!containers) co_return within("engine", containers.error());
  const Sighting now{std::move(*containers), (*engine)->strangers(name), (*engine)->of_others(name)};
  co_return now == *memory.sighting;
}

awaitable<Result<rollout::Observed>> observe_again(const ports::Ports& ports, const records::ApplicationRecord& desired,
                                                   const std::optional<records::RolloutRecord>& record,
                                                   PassMemory& memory, const rollout::Observed& seen) {
  // A look at the load balancers a moment later is no second look.
  memory.missing_servers = memory.missing_before;
  auto world = co_await observe(ports, desired, record, memory);
  if (!world) co_return world;
  world->unobserved = seen.unobserved;
  world->first_look = seen.first_look;
  world->traffic.probes += seen.traffic.probes;
  world->traffic.failed += seen.traffic.failed;
  world->traffic.latency.add(seen.traffic.latency);
  if (world->traffic.answer.empty() || (world->traffic.failed == seen.traffic.failed && seen.traffic.failed > 0))
    world->traffic.answer = seen.traffic.answer;
  co_return world;
}

}  // namespace teal::reconcile
