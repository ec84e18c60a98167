#include "daemon/drivers/engines/docker/containers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "daemon/drivers/engines/docker/history.hpp"
#include "daemon/drivers/engines/docker/list_stream.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::docker {

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

// An engine answers no sooner for being asked more at once, and others ask it, too.
constexpr std::size_t inspections_at_once = 16;
constexpr Duration list_deadline = 60s;
constexpr std::size_t settled_at_once = 100;  // applications: about a millisecond

Time engine_now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

bool is_running_replica(const world::Container& container) {
  return container.state == world::ContainerState::Running && container.role == world::Role::Serve;
}

// Into `read`: as it comes where it is everybody's, which may be long; one application's over a connection that is
// there.
asio::awaitable<Result<http::Response>> ask_for_list(Api& api, std::string application, ListStream& read) {
  const auto target = "/containers/json?all=1&filters=" + filters({{"label", labels_of_any(application)}});
  if (application.empty()) {
    std::function<bool(std::string_view)> sink = [&read](std::string_view piece) { return read.feed(piece); };
    http::Silence silence = [] { return list_deadline; };
    co_return co_await api.stream("list", "GET", target, std::move(silence), list_deadline, std::move(sink));
  }
  auto response = co_await api.call("list", "GET", target, list_deadline);
  if (response && response->status == 200) (void)read.feed(response->body);
  co_return response;
}

}  // namespace

std::vector<std::string> labels_of_any(const std::string& application) {
  std::vector<std::string> result{"teal.owner"};
  if (!application.empty()) result.push_back("teal.application=" + application);
  return result;
}

std::vector<std::string> labels_of_owner(const std::string& owner, const std::string& application) {
  std::vector<std::string> result{"teal.owner=" + owner};
  if (!application.empty()) result.push_back("teal.application=" + application);
  return result;
}

asio::awaitable<Result<std::vector<Inventory::Drift>>> read_list(Api& api, Inventory& inventory,
                                                                 std::string application) {
  auto listing = inventory.begin_list(application);
  ListStream stream{[&](Listed one) { inventory.put(listing, std::move(one)); }};
  const auto response = co_await ask_for_list(api, application, stream);
  if (!response) co_return response.error();
  if (response->status != 200) co_return refusal(*response);
  if (const auto whole = stream.finish(); !whole) co_return whole.error();
  while (!inventory.settle(listing, settled_at_once)) co_await asio::post(asio::use_awaitable);
  co_return std::move(listing.drift);
}

Containers::Containers(asio::any_io_executor executor, Api& api, Inventory& inventory, Witness& witness,
                       Duration inspect_deadline)
    : api_(api),
      inventory_(inventory),
      witness_(witness),
      inspect_deadline_(inspect_deadline),
      places_(executor, inspections_at_once),
      listed_(executor),
      followed_(executor),
      past_read_(executor) {
  inventory_.on_follow([this] { followed_.ring(); });
}

Containers::~Containers() { inventory_.on_follow({}); }

asio::awaitable<Containers::Answer> Containers::list(std::string application) {
  // Nobody tells what has changed: all is read.
  if (inventory_.followed() != Inventory::Followed::Yes) inventory_.mark_items(application);
  if (auto taken = co_await take_list(application); !taken) co_return taken.error();
  co_return co_await read(std::move(application));
}

asio::awaitable<Containers::Answer> Containers::kept(std::string application) {
  while (inventory_.followed() == Inventory::Followed::NotYet) co_await followed_.wait();
  if (inventory_.followed() != Inventory::Followed::Yes || is_stuck(application))
    co_return co_await list(std::move(application));
  if (inventory_.wants_list_of_all()) {
    if (auto taken = co_await take_list_of_all(); !taken) co_return taken.error();
  }
  if (inventory_.wants_list(application)) {
    if (auto taken = co_await take_list(application); !taken) co_return taken.error();
  }
  auto told = co_await read(application);
  // Of one that cannot be inspected the list says at least whether it runs.
  if (!told && is_stuck(application)) co_return co_await list(std::move(application));
  co_return told;
}

asio::awaitable<Result<void>> Containers::take_list(std::string application) {
  const auto taken = co_await read_list(api_, inventory_, std::move(application));
  if (!taken) co_return taken.error();
  co_return Result<void>{};
}

// One list serves all that wait for it.
asio::awaitable<Result<void>> Containers::take_list_of_all() {
  while (is_listing_) co_await listed_.wait();
  if (!inventory_.wants_list_of_all()) co_return Result<void>{};
  is_listing_ = true;
  const std::shared_ptr<void> end{nullptr, [this](void*) {
                                    is_listing_ = false;
                                    listed_.ring();
                                  }};
  co_return co_await take_list("");
}

asio::awaitable<Result<json::value>> Containers::ask_about(std::string id, Duration deadline) {
  const auto target = fmt::format("/containers/{}/json", percent_encode(id));
  const auto response = co_await api_.call("inspect", "GET", target, deadline);
  const bool hangs = !response && response.error().code == ErrorCode::timed_out;
  if (hangs || (response && response->status >= 500)) {
    stuck_.insert(id);
  } else {
    stuck_.erase(id);
  }
  if (!response) co_return response.error();
  if (response->status != 200) co_return refusal(*response);
  co_return parse_json(response->body);
}

asio::awaitable<void> Containers::inspect(std::string id, std::shared_ptr<std::vector<Failed>> failed) {
  // One that was stuck the last time is given a moment only, so that its application does not wait for it each time.
  const auto moment = inspect_deadline_ / 10;
  const auto deadline = stuck_.contains(id) ? moment : inspect_deadline_;
  const auto place = co_await places_.take(moment);
  const auto begun = inventory_.begin();
  const auto answer = co_await ask_about(id, deadline);
  if (!answer && answer.error().code == ErrorCode::not_found) {  // removed meanwhile
    gone(id);
    co_return;
  }
  auto read = answer ? read_inspected(*answer, inventory_.owner()) : Result<Inspected>{answer.error()};
  if (read) {
    inventory_.inspected(id, std::move(*read), begun);
  } else {
    failed->push_back({std::move(id), read.error()});
  }
}

asio::awaitable<std::shared_ptr<std::vector<Containers::Failed>>> Containers::inspect_due(std::string application) {
  const auto failed = std::make_shared<std::vector<Failed>>();
  const auto due = inventory_.due(application);
  if (due.empty()) co_return failed;
  const auto executor = co_await asio::this_coro::executor;
  using Operation = decltype(asio::co_spawn(executor, std::declval<asio::awaitable<void>>(), asio::deferred));
  std::vector<Operation> operations;
  for (const auto& id : due) operations.push_back(asio::co_spawn(executor, inspect(id, failed), asio::deferred));
  auto group = asio::experimental::make_parallel_group(std::move(operations));
  auto [order, errors] = co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  co_return failed;
}

asio::awaitable<Containers::Answer> Containers::read(std::string application) {
  const auto failed = co_await inspect_due(application);
  std::vector<world::Container> containers;
  for (const auto& [id, error] : *failed) {
    auto* item = inventory_.find(id);
    if (item == nullptr) continue;
    // One that the engine cannot inspect must not hide all others, nor be taken for gone.
    const auto& known = item->listed.known;
    if (!stuck_.contains(id) || !known || !is_running_replica(*known))
      co_return within(item->listed.look.name.empty() ? id.substr(0, 12) : item->listed.look.name, error);
    auto container = *known;
    container.engine_error =
        fmt::format("the engine says nothing of {} but that it runs: {}", container.name, error.message);
    witness_.fill(container, "SIGTERM");
    containers.push_back(std::move(container));
  }
  // Last, so that it holds the end of each container that was just seen to have ended.
  if (const auto learned = co_await learn_past(application); !learned) co_return learned.error();
  if (const auto learned = co_await learn_ends(application); !learned) co_return learned.error();
  for (const auto* item : items_of(application)) {
    auto container = *item->inspected->container;
    const auto is_it = [&](const world::Container& one) { return one.id == container.id; };
    if (std::ranges::any_of(containers, is_it)) continue;
    witness_.fill(container, item->inspected->stop_signal);
    containers.push_back(std::move(container));
  }
  std::ranges::sort(containers, {}, &world::Container::name);
  co_return containers;
}

// Ours that were inspected.
std::vector<Inventory::Item*> Containers::items_of(const std::string& application) {
  auto items = inventory_.items(application);
  std::erase_if(items, [&](const Inventory::Item* item) {
    return !item->inspected || !item->inspected->container ||
           (!application.empty() && item->inspected->application != application);
  });
  return items;
}

asio::awaitable<Result<void>> Containers::learn_past(std::string application) {
  std::optional<Time> since;
  std::vector<world::Container> asked;
  for (const auto* item : items_of(application)) {
    const auto& container = *item->inspected->container;
    if (!witness_.asks_about(container)) continue;
    since = std::min(since.value_or(*container.started_at), *container.started_at);
    asked.push_back(container);
  }
  if (!since) co_return Result<void>{};
  // The engine's clock may have been set back since then.
  since = std::min(*since, engine_now()) - 1s;
  auto read = co_await read_past(*since);
  if (!read) co_return read;
  for (const auto& container : asked) witness_.has_read_about(container);
  co_return Result<void>{};
}

// One reading that begins now or later serves all that wait for it: after a start that is every application, and the
// engine remembers no more than 256 events of all of them together.
asio::awaitable<Result<void>> Containers::read_past(Time since) {
  if (!next_past_) next_past_ = std::make_shared<PastReading>(PastReading{since, {}});
  const auto mine = next_past_;
  mine->since = std::min(mine->since, since);
  while (is_reading_past_ && !mine->result) co_await past_read_.wait();
  if (mine->result) co_return *mine->result;
  is_reading_past_ = true;
  if (next_past_ == mine) next_past_.reset();  // who comes from now on may have seen what this one is too early for
  const std::shared_ptr<void> end{nullptr, [this](void*) {
                                    is_reading_past_ = false;
                                    past_read_.ring();
                                  }};
  mine->result = co_await read_history(api_, labels_of_owner(inventory_.owner(), ""), mine->since, witness_);
  co_return *mine->result;
}

asio::awaitable<Result<void>> Containers::learn_ends(std::string application) {
  std::vector<std::pair<world::Container, Inventory::Moment>> unsure;
  for (const auto* item : items_of(application)) {
    auto container = *item->inspected->container;
    witness_.fill(container, item->inspected->stop_signal);
    const bool is_unsure = container.role == world::Role::Migrate && container.state == world::ContainerState::Exited &&
                           container.started_at && container.exit_code && !container.exit_witnessed;
    if (is_unsure && item->asked_of_end_at < item->read_at) unsure.emplace_back(std::move(container), item->read_at);
  }
  if (unsure.empty()) co_return Result<void>{};
  const auto since = co_await up_since(api_);
  if (!since) co_return since.error();
  for (const auto& [container, read_at] : unsure) {
    if (auto* item = inventory_.find(container.id)) item->asked_of_end_at = read_at;
    if (*since && **since <= *container.started_at) witness_.vouched_for(container);
  }
  co_return Result<void>{};
}

bool Containers::is_stuck(const std::string& application) {
  if (stuck_.empty()) return false;
  return std::ranges::any_of(inventory_.items(application),
                             [&](const Inventory::Item* item) { return stuck_.contains(item->listed.id); });
}

void Containers::gone(const std::string& id) {
  witness_.forget(id);
  stuck_.erase(id);
  inventory_.gone(id);
}

std::vector<world::Stranger> Containers::strangers(const std::string& application) const {
  std::vector<world::Stranger> strangers;
  for (const auto* item : inventory_.items(application)) {
    if (item->inspected && item->inspected->stranger) strangers.push_back(*item->inspected->stranger);
  }
  return strangers;
}

std::map<std::string, std::vector<world::Container>> Containers::of_others(const std::string& application) const {
  std::map<std::string, std::vector<world::Container>> others;
  for (const auto* item : inventory_.items(application)) {
    const auto& owner = item->listed.owner;
    if (owner && !owner->empty() && *owner != inventory_.owner() && item->listed.known)
      others[*owner].push_back(*item->listed.known);
  }
  return others;
}

}  // namespace teal::docker
