// Whose the containers of an application are of which this store knows nothing: those of a store that was lost, whose
// id is then taken again, or another teald's, which are left alone.
#include <fmt/format.h>

#include <algorithm>

#include "controllers/reconcile/entry.hpp"

namespace teal::reconcile {

using boost::asio::awaitable;

namespace {

// Made by a teald and not by hand: all its labels say so, or a load balancer sends it traffic by its name.
bool is_made_by_teald(const world::Container& container, const rollout::Observed* world) {
  if (container.role == world::Role::Serve && container.state != world::ContainerState::Running) return false;
  if (!container.version.empty()) return true;
  return world != nullptr && std::ranges::any_of(world->backends, [&](const rollout::BackendView& view) {
           return std::ranges::any_of(view.servers, [&](const world::Server& server) {
             return server.name == container.name && container.address == server.address;
           });
         });
}

std::string found_text(const world::Container& container) {
  return fmt::format("{} (revision {}{}{})", container.name, container.revision,
                     container.version.empty() ? "" : ", version ", container.version);
}

}  // namespace

// True: it is taken, and all has to be looked at again. False: it is another teald's that runs, or this store has an id
// of its own that containers bear. Errors: the store's.
awaitable<Result<bool>> Reconciler::take_owner(std::string owner, std::string application, std::string found) {
  if (ports_.claim_owner && !ports_.claim_owner(owner)) co_return false;
  auto taken = co_await ports_.store->take_owner(owner);
  if (!taken && taken.error().code == ErrorCode::conflict) co_return false;
  if (!taken) co_return within("store", taken.error());
  for (const auto& [name, engine] : ports_.engines) engine->take_owner(owner);
  is_owner_settled_ = true;
  records::Event event;
  event.time = ports_.clock->now();
  event.reason = spec::Reason::Adopted;
  event.message = fmt::format(
      "this store is new, and {} bears the labels of owner {}, under which no teald runs on this machine: it was made "
      "by this teald before its store was lost, so that the store takes that id again, and what serves goes on serving",
      found, owner);
  event.application = application;
  event.object = "Application/" + application;
  const std::vector<records::Event> events{event};
  if (co_await ports_.store->append(events)) tell(events);
  co_return true;
}

// Before the first container is made under a new store's own id: afterwards it could not take another.
awaitable<Result<bool>> Reconciler::find_lost_owner() {
  if (is_owner_settled_) co_return false;
  co_await admissions_done();
  const auto known = co_await ports_.store->rollouts("", 1);
  if (!known) co_return within("store", known.error());
  bool has_seen_all = true;
  for (const auto& [engine_name, engine] : ports_.engines) {
    if (!known->empty() || is_owner_settled_) break;
    if (!co_await engine->list("")) has_seen_all = false;
    const auto of_others = engine->of_others("");
    for (const auto& [owner, containers] : of_others) {
      const auto is_its = [&](const world::Container& one) {
        return entries_.contains(one.application) && is_made_by_teald(one, nullptr);
      };
      const auto one = std::ranges::find_if(containers, is_its);
      if (one == containers.end()) continue;
      auto taken = co_await take_owner(owner, one->application, found_text(*one));
      if (!taken || *taken) co_return taken;
    }
  }
  is_owner_settled_ = has_seen_all;
  co_return false;
}

// Returns when to look again, where nothing may be done now; none: there is nothing in the way.
awaitable<std::optional<Time>> Reconciler::meet_others(EntryPtr entry, const rollout::Observed& world) {
  const auto found = co_await find_lost_owner();
  if (!found) co_return retry_later(entry, spec::Reason::StoreUnavailable, found.error());
  if (*found) co_return ports_.clock->now();
  const auto& name = entry->record.application.name;
  for (const auto& [owner, containers] : world.of_others) {
    const auto one =
        std::ranges::find_if(containers, [&](const world::Container& it) { return is_made_by_teald(it, &world); });
    if (one == containers.end()) continue;
    const auto taken = co_await take_owner(owner, name, found_text(*one));
    if (!taken) co_return retry_later(entry, spec::Reason::StoreUnavailable, taken.error());
    if (*taken) co_return ports_.clock->now();
    records::Event event;
    event.time = ports_.clock->now();
    event.warning = true;
    event.reason = spec::Reason::OwnedByAnother;
    event.message = fmt::format(
        "{} belongs to another teald (label teal.owner={}), which has an application of this name on this engine: "
        "nothing is done here, since both would take each other's replicas out of traffic; delete {} in one of the "
        "two, or give it another name",
        found_text(*one), owner, name);
    event.application = name;
    event.object = "Application/" + name;
    const std::vector<records::Event> events{event};
    if (entry->others_told != owner && co_await ports_.store->append(events)) {
      entry->others_told = owner;
      tell(events);
    }
    co_return retry_later(entry, spec::Reason::OwnedByAnother, {ErrorCode::conflict, event.message});
  }
  co_return std::nullopt;
}

}  // namespace teal::reconcile
