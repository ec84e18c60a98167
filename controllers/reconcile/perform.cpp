#include "controllers/reconcile/perform.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/environment/credentials.hpp"
#include "controllers/mutants/mutated.hpp"
#include "controllers/reconcile/ask_database.hpp"
#include "controllers/reconcile/output_to_keep.hpp"
#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/steps/preparing.hpp"
#include "manifests/masking/mask_text.hpp"
#include "manifests/wire/json.hpp"

namespace teal::reconcile {
namespace {

using boost::asio::awaitable;

// Somebody else was faster, or we were before a crash: the goal is reached, and the next pass sees it.
Result<void> unless_conflict(const Error& error) {
  if (error.code == ErrorCode::conflict) return {};
  return error;
}

class Performer {
 public:
  Performer(const ports::Ports& ports, const records::RolloutRecord& record) : ports_(ports), record_(record) {}

  awaitable<Result<void>> operator()(const rollout::PullImage& action) const {
    const auto engine = engine_in_use();
    if (!engine) co_return engine.error();
    // Nothing may be pulled: then it is here, and only its signature is wanted.
    const bool only_here = record_.course.target.application.spec.pull_policy == spec::PullPolicy::Never;
    auto fetching = only_here ? (*engine)->image(action.reference) : (*engine)->pull(action.reference);
    const auto image = co_await std::move(fetching);
    if (!image) co_return image.error();
    if (ports_.registry == nullptr || !ports_.registry->wants_signature(action.reference)) co_return Result<void>{};
    co_return co_await ports_.registry->verify(action.reference, image->digest);
  }

  awaitable<Result<void>> operator()(const rollout::CreateJob& action) const {
    const auto* revision = find_revision(action.revision);
    const auto* job = revision ? spec::find_job(revision->application.spec, action.job) : nullptr;
    if (!job) co_return Error{ErrorCode::internal, "no such job on record"};
    const auto& spec = revision->application.spec;
    auto environment = co_await environment::environment_of(*ports_.secrets, spec, job->credentials);
    if (!environment) co_return environment.error();
    // What the replicas will need is looked at before the schema changes, which cannot be taken back; nothing is kept.
    const bool comes_first = job->phase == spec::JobPhase::BeforeStart && !spec::find_hook(spec.hooks, action.job);
    for (const auto& component : spec.components) {
      if (!comes_first) break;
      const auto values = co_await environment::values_of(*ports_.secrets, spec, component);
      if (!values) co_return within("component " + component.name, values.error());
    }

    ports::ContainerSpec container = blank(*revision, action.job, action.attempt, action.container);
    container.role = world::Role::Migrate;
    container.command = job->command;
    container.mounts = job->mounts;
    container.security = job->security;
    container.env = std::move(*environment);
    if (spec::find_hook(spec.hooks, action.job)) tell_hook(container.env);
    const auto id = co_await create_of_its_image(std::move(container), *revision, {});
    if (!id) co_return id.error();
    co_return Result<void>{};
  }

  awaitable<Result<void>> operator()(const rollout::RunReplica& action) const {
    const auto* revision = find_revision(action.revision);
    const auto* component = revision ? spec::find_component(revision->application.spec, action.component) : nullptr;
    if (!component) co_return Error{ErrorCode::internal, "no such component on record"};
    const auto& spec = revision->application.spec;
    auto values = co_await environment::values_of(*ports_.secrets, spec, *component);
    if (!values) co_return values.error();

    ports::ContainerSpec container = blank(*revision, action.component, action.index, action.container);
    container.command = component->command;
    container.mounts = component->mounts;
    container.security = component->security;
    container.env = std::move(values->env);
    container.files = std::move(values->files);
    container.port = component->port;
    container.resources = component->resources;
    container.stop_signal = component->stop.signal;
    const auto credentials = co_await credentials_for(*revision);
    if (!credentials) co_return credentials.error();
    auto checked = environment::check_before_create(container, *credentials);
    if (!checked && !mutants::mutated("c1-not-checked-before")) co_return checked;
    const auto id = co_await create_of_its_image(std::move(container), *revision, *credentials);
    if (!id) co_return id.error();
    const auto engine = engine_in_use();
    if (!engine) co_return engine.error();
    if (auto created = co_await check_created(**engine, *id, *credentials); !created) co_return created;
    co_return co_await (*engine)->start(*id);
  }

  awaitable<Result<void>> operator()(const rollout::StartContainer& action) const {
    const auto engine = engine_in_use();
    if (!engine) co_return engine.error();
    if (action.serves) {
      const auto* revision = find_revision(action.revision);
      if (!revision) co_return Error{ErrorCode::internal, "no such revision on record"};
      const auto credentials = co_await credentials_for(*revision);
      if (!credentials) co_return credentials.error();
      auto checked = co_await check_created(**engine, action.id, *credentials);
      if (!checked) co_return checked;
    } else if (auto confirmed = co_await confirm_lock(ports_, record_, action.container); !confirmed) {
      co_return confirmed;
    }
    co_return co_await (*engine)->start(action.id);
  }

  awaitable<Result<void>> operator()(const rollout::AskDatabase&) const {
    co_return Error{ErrorCode::internal, "asked of the wrong part"};  // controllers/reconcile/ask_database
  }

  awaitable<Result<void>> operator()(const rollout::SendStop& action) const {
    const auto engine = engine_in_use();
    if (!engine) co_return engine.error();
    co_return co_await (*engine)->stop(action.id, action.signal);
  }

  awaitable<Result<void>> operator()(const rollout::StopPredecessor& action) const {
    const auto engine = engine_in_use();
    if (!engine) co_return engine.error();
    co_return co_await (*engine)->stop_predecessor(action.id);
  }

  awaitable<Result<void>> operator()(const rollout::RemoveContainer& action) const {
    const auto engine = engine_in_use();
    if (!engine) co_return engine.error();
    const auto text = co_await output_to_keep(ports_, **engine, spec_of(action.revision), action.id);
    if (!text && text.error().code != ErrorCode::not_found) co_return text.error();
    if (text) {
      const auto kept = co_await ports_.store->keep_log(record_.application, action.revision, action.container, *text);
      if (!kept) co_return within("keep its output", kept.error());
    }
    co_return co_await (*engine)->remove(action.id);
  }

  awaitable<Result<void>> operator()(const rollout::AttachServer& action) const {
    const auto balancer = find_balancer(action.load_balancer);
    if (!balancer) co_return balancer.error();
    ports::ServerSpec server;
    server.name = action.server;
    server.address = action.address;
    server.health = action.health;
    auto added = co_await (*balancer)->attach(action.backend, std::move(server));
    if (!added) co_return unless_conflict(added.error());
    co_return added;
  }

  awaitable<Result<void>> operator()(const rollout::AdmitServer& action) const {
    const auto balancer = find_balancer(action.load_balancer);
    if (!balancer) co_return balancer.error();
    co_return co_await (*balancer)->admit(action.backend, action.server);
  }

  awaitable<Result<void>> operator()(const rollout::DrainServer& action) const {
    const auto balancer = find_balancer(action.load_balancer);
    if (!balancer) co_return balancer.error();
    co_return co_await (*balancer)->drain(action.backend, action.server);
  }

  awaitable<Result<void>> operator()(const rollout::DetachServer& action) const {
    const auto balancer = find_balancer(action.load_balancer);
    if (!balancer) co_return balancer.error();
    co_return co_await (*balancer)->detach(action.backend, action.server, action.cut_sessions);
  }

 private:
  [[nodiscard]] Result<ports::Engine*> engine_in_use() const { return ports_.engine(records::placed_by(record_)); }

  [[nodiscard]] const records::Revision* find_revision(int number) const {
    if (record_.course.target.number == number) return &record_.course.target;
    if (record_.course.active && record_.course.active->number == number) return &*record_.course.active;
    return nullptr;
  }

  [[nodiscard]] const spec::ApplicationSpec& spec_of(int number) const {
    const auto* revision = find_revision(number);
    return revision ? revision->application.spec : record_.course.target.application.spec;
  }

  // Ours win over the user's: a hook may rely on them.
  void tell_hook(masking::SecretEnvironment& environment) const {
    for (auto& [name, value] : rollout::hook_variables(record_)) {
      std::erase_if(environment, [&](const auto& one) { return one.first == name; });
      environment.emplace_back(name, masking::Secret{std::move(value)});
    }
  }

  [[nodiscard]] Result<ports::LoadBalancer*> find_balancer(const std::string& name) const {
    const auto found = ports_.load_balancers.find(name);
    if (found != ports_.load_balancers.end()) return found->second.load_balancer;
    return Error{ErrorCode::invalid, fmt::format("load balancer {} is not in teald.yaml", name)};
  }

  [[nodiscard]] ports::ContainerSpec blank(const records::Revision& revision, const std::string& unit, int index,
                                           const std::string& name) const {
    ports::ContainerSpec container;
    container.name = name;
    container.image_id = revision.image_id;
    container.image_digest = revision.image_digest;
    container.version = revision.application.spec.version;
    container.application = record_.application;
    container.unit = unit;
    container.revision = revision.number;
    container.index = index;
    return container;
  }

  // Replicas of this revision have been proved to hold no migration credential before: it serves, or is gone back to.
  [[nodiscard]] bool is_proven(const records::Revision& revision) const {
    if (record_.course.active && record_.course.active->number == revision.number) return true;
    return record_.course.back || record_.standing.phase == spec::Phase::Withdrawing ||
           record_.standing.phase == spec::Phase::Retiring;
  }

  awaitable<Result<std::vector<environment::MigrationCredential>>> credentials_for(
      const records::Revision& revision) const {
    return environment::credentials_to_look_for(*ports_.secrets, revision.application.spec, is_proven(revision));
  }

  // A container that holds a migration credential is removed before it ever runs (C1).
  awaitable<Result<void>> check_created(ports::Engine& engine, const std::string& id,
                                        const std::vector<environment::MigrationCredential>& credentials) const {
    if (credentials.empty()) co_return Result<void>{};
    const auto exposure = co_await engine.exposure(id);
    if (!exposure) co_return exposure.error();
    auto checked = environment::check_after_create(*exposure, credentials);
    if (!checked) static_cast<void>(co_await engine.remove(id));
    co_return checked;
  }

  // Somebody may have removed the image since it was pulled: then the very same one is pulled again.
  awaitable<Result<std::string>> create_of_its_image(
      ports::ContainerSpec container, const records::Revision& revision,
      const std::vector<environment::MigrationCredential>& credentials) const {
    const auto engine = engine_in_use();
    if (!engine) co_return engine.error();
    auto id = co_await create_unless_baked_in(container, credentials);
    const auto reference = rollout::recorded_reference(revision);
    if (id || id.error().code != ErrorCode::not_found || reference.empty()) co_return id;
    const auto there = co_await (*engine)->image(container.image_id);
    if (there || there.error().code != ErrorCode::not_found) co_return id;
    auto same = co_await (*engine)->image(reference);
    if (!same) same = co_await (*engine)->pull(reference);
    if (!same) co_return within("its image is not on the engine any more; pull " + reference, same.error());
    container.image_id = same->id;  // another one where the engine's image store is another by now
    co_return co_await create_unless_baked_in(std::move(container), credentials);
  }

  // What the image holds its containers do, even where they are given something else in its place (C1).
  awaitable<Result<std::string>> create_unless_baked_in(
      ports::ContainerSpec container, const std::vector<environment::MigrationCredential>& credentials) const {
    const auto engine = engine_in_use();
    if (!engine) co_return engine.error();
    if (!credentials.empty()) {
      const auto exposure = co_await (*engine)->image_exposure(container.image_id);
      if (!exposure) co_return exposure.error();
      if (auto checked = environment::check_image(*exposure, credentials); !checked) co_return checked.error();
    }
    co_return co_await create(std::move(container));
  }

  // A name that is taken by a container of ours means that it was done before a crash, and what is there is left to the
  // next pass; a stranger's would be waited for in vain.
  awaitable<Result<std::string>> create(ports::ContainerSpec container) const {
    const auto engine = engine_in_use();
    if (!engine) co_return engine.error();
    const auto name = container.name;
    const auto id = co_await (*engine)->create(std::move(container));
    if (id || id.error().code != ErrorCode::conflict) co_return id;
    const auto ours = co_await (*engine)->list(record_.application);
    if (!ours) co_return ours.error();
    const auto found = std::ranges::find(*ours, name, &world::Container::name);
    if (found != ours->end()) co_return found->id;
    co_return Error{ErrorCode::conflict,
                    fmt::format("the name {} is taken by a container that is not this teald's: remove or rename that "
                                "container ({})",
                                name, id.error().message)};
  }

  const ports::Ports& ports_;
  const records::RolloutRecord& record_;
};

}  // namespace

awaitable<Result<void>> perform(const ports::Ports& ports, const records::RolloutRecord& record,
                                rollout::Action action) {
  const Performer performer{ports, record};
  auto done = co_await std::visit([&](const auto& one) { return performer(one); }, action);
  // An engine's words may repeat a job's arguments (C2).
  if (!done)
    co_return Error{done.error().code, masking::mask_connection_strings(within(key(action), done.error()).message)};
  co_return done;
}

}  // namespace teal::reconcile
