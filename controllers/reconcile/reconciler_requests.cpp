// What the API asks of the reconciler. A verb writes to the store first, then asks for a pass; a pass that runs
// meanwhile finds its own write refused (the record's version) and starts over.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "controllers/environment/masking.hpp"
#include "controllers/plan/inspect_databases.hpp"
#include "controllers/plan/job_targets.hpp"
#include "controllers/plan/make_plan.hpp"
#include "controllers/reconcile/entry.hpp"
#include "controllers/reconcile/observe.hpp"
#include "controllers/reconcile/output_to_keep.hpp"
#include "controllers/reconcile/perform.hpp"
#include "controllers/records/audit.hpp"
#include "controllers/rollout/analyse.hpp"
#include "controllers/rollout/policy.hpp"
#include "controllers/rollout/traffic/backends.hpp"
#include "controllers/rollout/traffic/servers.hpp"
#include "controllers/rollout/verb_conditions.hpp"
#include "controllers/rollout/verbs.hpp"

namespace teal::reconcile {

using boost::asio::awaitable;

namespace {

constexpr std::size_t planned_from = 100;  // rollouts of the history that a plan is made with

Error no_such(const std::string& name) {
  return {ErrorCode::not_found, fmt::format("there is no application {}", name)};
}

// Where this spec's servers would be.
awaitable<std::vector<rollout::BackendView>> look_at_backends(const ports::Ports& ports, std::string application,
                                                              spec::ApplicationSpec spec) {
  std::vector<rollout::BackendView> views;
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& component : spec.components) {
    if (!component.load_balancer) continue;
    const auto& use = *component.load_balancer;
    if (!seen.emplace(use.name, use.backend).second) continue;
    views.push_back(co_await observe_backend(ports, application, use.name, use.backend, true));
  }
  co_return views;
}

// What this backend's check of what serves comes to, as of the newest pass; empty: no other than teald's own.
std::string disagreement_in(const rollout::Observed& newest, const records::RolloutRecord& record,
                            const spec::ApplicationSpec& wanted, const rollout::BackendView& view) {
  if (!record.course.active) return {};
  rollout::Observed seen;
  seen.containers = newest.containers;
  seen.health = newest.health;
  seen.backends = {view};
  return rollout::disagreement_of_checks(seen, record.course.active->application.spec, wanted);
}

// What a plan needs to know beyond the records. The facts are those of the first rollout that it is about.
awaitable<plan::PlanFacts> plan_facts(const ports::Ports& ports, records::ApplicationRecord desired,
                                      std::optional<records::RolloutRecord> record, bool may_look) {
  const auto& name = desired.application.name;
  const auto active = record ? record->course.active : std::nullopt;
  const auto spec = rollout::next_hop(desired.application, active).spec;
  const auto reference = image_reference(spec);
  plan::PlanFacts facts;
  const auto engine = ports.engine(spec);
  if (engine) {
    facts.engine_room = co_await (*engine)->room();
    auto image = co_await (*engine)->image(reference);
    if (image) {
      auto migrated = co_await ports.store->migrated(name, image->digest);
      if (migrated) facts.migrated = std::move(*migrated);
      const bool is_checked = ports.registry != nullptr && spec.pull_policy != spec::PullPolicy::Never &&
                              ports.registry->wants_signature(reference);
      if (!is_checked || ports.registry->is_verified(reference, image->digest)) facts.image = std::move(*image);
    } else if (image.error().code != ErrorCode::not_found) {
      facts.findings.push_back(within("engine", image.error()).message);
    }
  } else {
    facts.findings.push_back(engine.error().message);
  }
  facts.engine_problem = engine_problem(ports, spec, active);
  if (engine && !facts.engine_problem.empty()) facts.findings.push_back(facts.engine_problem);
  facts.backends = co_await look_at_backends(ports, name, spec);
  facts.can_analyse = ports.analyst != nullptr;
  if (!spec.rollout.analysis.empty() && !facts.can_analyse) facts.findings.emplace_back(rollout::needs_analyst);
  if (may_look) facts.targets = co_await plan::job_targets(*ports.secrets, spec);
  if (auto history = co_await ports.store->rollouts(name, planned_from)) facts.history = std::move(*history);
  if (may_look) {
    co_await add_database_facts(ports, desired.application, facts);
  } else {
    plan::add_not_looked_at(desired.application.spec, facts);
  }
  co_return facts;
}

// Finds the container whose end is asked for. Errors: conflict, when there is none or its time is not over.
Result<void> find_job_to_end(const std::shared_ptr<const rollout::Observed>& seen, const records::RolloutRecord& record,
                             Time now, records::VerbRequest& request) {
  if (!seen) return Error{ErrorCode::conflict, "its containers have not been looked at yet: ask again in a moment"};
  const auto runs = [&](const world::Container& one) {
    return one.role == world::Role::Migrate && one.state == world::ContainerState::Running && one.unit == request.job;
  };
  const auto found = std::ranges::find_if(seen->containers, runs);
  if (found == seen->containers.end()) {
    return Error{ErrorCode::conflict,
                 fmt::format("job {} of {} does not run: there is nothing to end", request.job, record.application)};
  }
  const auto timeout = record.course.target.application.spec.migration.timeout;
  const auto over = found->started_at.value_or(now) + timeout;
  if (now < over && !record.leaving.stopping.contains(found->id)) {
    return Error{
        ErrorCode::conflict,
        fmt::format("{} has {} left of its migration.timeout of {}, after which it is asked to stop; only then "
                    "can it be ended (a shorter timeout in the manifest counts at once)",
                    found->name, format_duration(std::chrono::ceil<std::chrono::seconds>(over - now)),
                    format_duration(timeout))};
  }
  request.container_id = found->id;
  return {};
}

}  // namespace

Reconciler::EntryPtr Reconciler::make_entry(records::ApplicationRecord record) const {
  auto entry = std::make_shared<Entry>();
  // Without a tracer these are the reconciler's own, which outlives its entries' use.
  entry->ports = ports_.tracer == nullptr ? std::shared_ptr<const ports::Ports>(std::shared_ptr<void>{}, &ports_)
                                          : ports_.tracer->watched(ports_, record.application.name);
  entry->record = std::move(record);
  return entry;
}

Reconciler::EntryPtr Reconciler::find(const std::string& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second;
}

awaitable<Result<objects::Plan>> Reconciler::plan(std::string name, std::optional<spec::Application> candidate,
                                                  bool may_look) {
  const auto entry = find(name);
  if (!entry && !candidate) co_return no_such(name);
  if (entry) {
    if (auto readable = check_readable(entry); !readable) co_return readable.error();
  }
  if (candidate) {
    if (auto placed = admission::check_places(*candidate, ports_.places()); !placed) co_return placed.error();
    if (auto allowed = admission::check_exclusive_resources(register_, *candidate); !allowed) co_return allowed.error();
  }
  records::ApplicationRecord desired = entry ? entry->record : records::ApplicationRecord{};
  if (candidate && (!entry || *candidate != desired.application)) {
    desired.application = *candidate;
    desired.generation += 1;
  }
  std::optional<records::RolloutRecord> record;
  if (entry) {
    if (auto loaded = co_await ensure_loaded(entry); !loaded) co_return loaded.error();
    record = entry->rollout;
  }
  auto facts = co_await plan_facts(ports_, desired, record, may_look);
  if (entry) facts.seen = entry->seen, facts.acted = entry->acted;
  // One in force may clash since a release that let it.
  if (auto clash = admission::check_exclusive_resources(register_, desired.application); !clash)
    facts.findings.push_back(clash.error().message);
  const auto now = ports_.clock->now();
  auto made = std::make_shared<objects::Plan>();
  auto work = [made, desired = std::move(desired), record = std::move(record), facts = std::move(facts), now] {
    *made = make_plan(desired, record, facts, now);
    return std::string{};
  };
  static_cast<void>(co_await ports_.rehearsed_beside(std::move(work)));
  co_return std::move(*made);
}

awaitable<Result<std::vector<plan::DatabasePreflight>>> Reconciler::preflight(std::string name) {
  const auto entry = find(name);
  if (!entry) co_return no_such(name);
  if (auto readable = check_readable(entry); !readable) co_return readable.error();
  const auto application = entry->record.application;
  std::string digest;
  if (const auto engine = ports_.engine(application.spec)) {
    const auto image = co_await (*engine)->image(image_reference(application.spec));
    if (image) digest = image->digest;
  }
  auto found = co_await plan::inspect_databases(ports_, application, std::move(digest));
  const auto backends = co_await look_at_backends(ports_, name, application.spec);
  for (const auto& view : backends) {
    plan::DatabasePreflight one;
    one.load_balancer = fmt::format("{}/{}", view.load_balancer, view.backend);
    const auto wrong = rollout::what_is_wrong_with(view);
    if (wrong) one.findings.push_back({"LoadBalancerUsable", wrong->reason, wrong->message, true, true});
    for (const auto& remark : view.remarks)
      one.findings.push_back({"LoadBalancerUsable", spec::Reason::BackendOptionIgnored, remark, false, false});
    const auto disagreement = entry->seen && entry->rollout
                                  ? disagreement_in(*entry->seen, *entry->rollout, application.spec, view)
                                  : std::string{};
    if (!disagreement.empty())
      one.findings.push_back({"LoadBalancerUsable", spec::Reason::WaitingForServers, disagreement, true, true});
    found.push_back(std::move(one));
  }
  co_return found;
}

awaitable<Result<void>> Reconciler::request(std::string name, records::VerbRequest request) {
  if (request.verb == records::Verb::Rollback) co_return co_await roll_back(std::move(name), std::move(request));
  constexpr int tries = 5;
  Error last{ErrorCode::conflict, "the rollout kept changing"};
  for (int i = 0; i < tries; ++i) {
    const auto entry = find(name);
    if (!entry) co_return no_such(name);
    if (auto readable = check_readable(entry); !readable) co_return readable;
    if (auto loaded = co_await ensure_loaded(entry); !loaded) co_return loaded.error();
    if (!entry->rollout) co_return Error{ErrorCode::conflict, "no rollout has begun yet"};
    if (request.verb == records::Verb::EndJob) {
      auto is_found = find_job_to_end(entry->seen, *entry->rollout, ports_.clock->now(), request);
      if (!is_found) co_return is_found;
    }
    auto outcome = rollout::apply_verb(*entry->rollout, request, ports_.clock->now());
    if (!outcome) co_return outcome.error();
    if (auto allowed = rollout::check_verb(entry->record, *entry->rollout, request); !allowed) co_return allowed;
    ports::CommitEntries entries{std::vector{outcome->event},
                                 {records::audit_entry(request, entry->record, ports_.clock->now())}};
    auto stored = co_await commit(entry, std::move(outcome->next), std::move(entries));
    if (stored) {
      show_order(entry);
      hooks_.wake(name);
      co_return stored;
    }
    last = stored.error();
    if (last.code != ErrorCode::conflict) break;
  }
  co_return last;
}

awaitable<Result<std::string>> Reconciler::live_log(std::string application, std::string container) {
  const auto entry = find(application);
  if (!entry) co_return no_such(application);
  if (auto readable = check_readable(entry); !readable)
    co_return readable.error();  // what is secret in it is not known
  const auto engine = ports_.engine(entry->record.application.spec);
  if (!engine) co_return engine.error();
  const auto containers = co_await (*engine)->kept(application);
  if (!containers) co_return containers.error();
  const auto found = std::ranges::find(*containers, container, &world::Container::name);
  if (found == containers->end())
    co_return Error{ErrorCode::not_found, fmt::format("there is no container {}", container)};
  auto names = environment::secret_names(entry->record.application.spec);
  if (entry->rollout) {
    names.merge(environment::secret_names(entry->rollout->course.target.application.spec));
    if (entry->rollout->course.active)
      names.merge(environment::secret_names(entry->rollout->course.active->application.spec));
  }
  // Whoever asks makes teald read no source: what was given is in the container, what was read before in memory.
  const auto given =
      co_await environment::given_mask(ports_, **engine, found->id, std::move(names), entry->memory.given);
  if (!given) co_return within("its output cannot be searched for secrets, so it is not shown", given.error());
  const auto known = entry->memory.secrets;
  const auto more = masking::more_to_read({given->get(), known.get()});
  auto output = co_await (*engine)->output(found->id, records::kept_log_bytes + more);
  if (!output) co_return output.error();
  auto mask = [output = std::move(*output), given = *given, known] {
    return stamped_output(output, records::kept_log_bytes, {given.get(), known.get()});
  };
  co_return co_await ports_.made_beside(std::move(mask));
}

awaitable<void> Reconciler::say(ports::CommitEntries entries) {
  static_cast<void>(co_await ports_.store->append(entries));  // it is said all the same
  tell(entries.events);
}

void Reconciler::notice(DaemonNotice notice) {
  records::Event event;
  event.time = ports_.clock->now();
  event.warning = notice.is_wrong;
  event.reason = std::move(notice.reason);
  event.message = std::move(notice.message);
  event.object = notice.subject;
  const bool is_news = notice.is_wrong || wrong_.contains(notice.subject) || !notice.changed_file.empty();
  if (notice.is_wrong) {
    wrong_[notice.subject][event.reason] = event.message;
  } else {
    wrong_.erase(notice.subject);
  }
  if (!is_news) return tell({event});
  ports::CommitEntries entries;
  entries.events.push_back(std::move(event));
  if (!notice.changed_file.empty()) {
    auto by = records::manifest_file(notice.changed_file);
    by.proof = "file";
    auto entry =
        records::audit_entry(by, "", std::string{to_string(entries.events.front().reason)}, ports_.clock->now());
    entry.patch = std::move(notice.patch);
    entries.audit.push_back(std::move(entry));
  }
  hooks_.spawn("notice of " + notice.subject, say(std::move(entries)));
}

requests::DaemonReadiness Reconciler::readiness() const {
  requests::DaemonReadiness readiness;
  if (!loaded_) readiness.reasons.emplace_back("the store has not been read yet");
  // Asked often while thousands are waiting.
  constexpr std::size_t named = 10;
  for (const auto& name : unseen_) {
    if (readiness.reasons.size() == named) break;
    readiness.reasons.push_back(fmt::format("{} has not been looked at yet", name));
  }
  if (unseen_.size() > named)
    readiness.reasons.push_back(fmt::format("and {} more have not been looked at yet", unseen_.size() - named));
  readiness.ready = readiness.reasons.empty();
  for (const auto& [subject, reasons] : wrong_) {
    for (const auto& [reason, message] : reasons)
      readiness.warnings.push_back(fmt::format("{}: {}", to_string(reason), message));
  }
  return readiness;
}

}  // namespace teal::reconcile
