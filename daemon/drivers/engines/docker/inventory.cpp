#include "daemon/drivers/engines/docker/inventory.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "daemon/drivers/engines/docker/identity.hpp"
#include "daemon/drivers/engines/docker/inspect.hpp"

namespace teal::docker {

namespace json = boost::json;

namespace {

// 3 of "Exited (3) 5 minutes ago".
std::optional<int> code_in_words(std::string_view words) {
  constexpr std::string_view beginning = "Exited (";
  if (!words.starts_with(beginning)) return std::nullopt;
  words.remove_prefix(beginning.size());
  int code = 0;
  const auto [stopped, error] = std::from_chars(words.data(), words.data() + words.size(), code);
  if (error != std::errc{} || stopped == words.data() + words.size() || *stopped != ')') return std::nullopt;
  return code;
}

bool has_ports(std::string_view state) { return state == "running" || state == "paused"; }

}  // namespace

bool Look::is_same(const Look& other) const {
  const bool same_ports = ports.empty() || other.ports.empty() || ports == other.ports;
  const bool same_code = !exit_code || !other.exit_code || *exit_code == *other.exit_code;
  return name == other.name && state == other.state && same_ports && same_code;
}

std::optional<Listed> read_entry(const json::value& entry) {
  const Field root{entry};
  const auto id = root["Id"].text();
  if (!id) return std::nullopt;
  Listed listed;
  listed.id = *id;
  listed.application = root["Labels"]["teal.application"].text().value_or("");
  listed.owner = root["Labels"]["teal.owner"].text();
  listed.look.name = listed_name(entry);
  listed.look.state = root["State"].text().value_or("");
  if (listed.look.state == "exited") listed.look.exit_code = code_in_words(root["Status"].text().value_or(""));
  const auto* ports = has_ports(listed.look.state) ? root["Ports"].list() : nullptr;
  if (ports != nullptr) {
    for (const auto& one : *ports) {
      if (const auto port = Field{one}["PublicPort"].number()) listed.look.ports.insert(static_cast<int>(*port));
    }
  }
  listed.known = read_listed(entry);
  return listed;
}

Result<Inspected> read_inspected(const json::value& inspected, const std::string& owner) {
  auto container = read_container(inspected);
  if (!container) return container.error();
  const Field root{inspected};
  const auto labels = root["Config"]["Labels"];
  Inspected read;
  read.application = labels["teal.application"].text().value_or("");
  read.look.name = name_of(inspected);
  read.look.state = root["State"]["Status"].text().value_or("");
  if (const auto code = root["State"]["ExitCode"].number(); code && read.look.state == "exited")
    read.look.exit_code = static_cast<int>(*code);
  const auto* ports = has_ports(read.look.state) ? root["NetworkSettings"]["Ports"].object() : nullptr;
  if (ports != nullptr) {
    for (const auto& one : *ports) {
      const auto* bindings = Field{one.value()}.list();
      if (bindings == nullptr) continue;
      for (const auto& binding : *bindings) {
        if (const auto port = Field{binding}["HostPort"].whole_number()) read.look.ports.insert(*port);
      }
    }
  }
  if (labels["teal.owner"].text() != owner) return read;
  if (*container) {
    read.container = std::move(**container);
    read.stop_signal = read_stop_signal(inspected);
    return read;
  }
  world::Stranger stranger;
  stranger.id = root["Id"].text().value_or("");
  stranger.name = read.look.name;
  stranger.expected = expected_name(inspected).value_or("");
  stranger.command_to_remove = "docker rm -f " + stranger.name;
  read.stranger = std::move(stranger);
  return read;
}

void Inventory::follow(Followed followed) {
  if (followed == Followed::Yes) {
    all_marked_at_ = ++now_;
    mark_items("");
  }
  followed_ = followed;
  if (told_) told_();
}

void Inventory::told(const Event& event) {
  const auto found = items_.find(event.container_id);
  if (found != items_.end()) {
    found->second.marked_at = ++now_;
    if (found->second.listed.owner && *found->second.listed.owner != owner_) mark_application(event.application);
  } else if (event.action == "destroy" || event.application.empty()) {
    return;  // what is not known cannot be missing
  } else if (event.owner == owner_) {
    add(event.container_id, event.application);
  } else {
    mark_application(event.application);
  }
}

void Inventory::mark(const std::string& id) {
  if (const auto found = items_.find(id); found != items_.end()) found->second.marked_at = ++now_;
}

void Inventory::mark_application(const std::string& application) {
  if (!application.empty()) shelves_[application].marked_at = ++now_;
}

void Inventory::mark_items(const std::string& application) {
  const auto moment = ++now_;
  for (auto* item : items(application)) item->marked_at = moment;
}

void Inventory::add(const std::string& id, const std::string& application) {
  auto& item = items_[id];
  item.listed.id = id;
  item.listed.application = application;
  item.listed.owner = owner_;
  item.marked_at = ++now_;
  shelves_[application].ids.insert(id);
}

void Inventory::take_owner(std::string owner) {
  owner_ = std::move(owner);
  items_.clear();
  shelves_.clear();
  all_marked_at_ = ++now_;
}

bool Inventory::wants_list(const std::string& application) const {
  const auto found = shelves_.find(application);
  if (found == shelves_.end()) return wants_list_of_all();
  const auto listed_at = std::max(found->second.listed_at, all_listed_at_);
  return listed_at < std::max(found->second.marked_at, all_marked_at_);
}

void Inventory::put(const std::string& application, Listed one, Moment begun, bool was_complete,
                    std::vector<Drift>& drift) {
  const auto id = one.id;
  const auto [found, is_new] = items_.try_emplace(id);
  auto& item = found->second;
  shelves_[application].ids.insert(id);
  const bool is_known = item.inspected && !item.is_due() && item.read_at <= begun;
  const bool is_other = is_known && !item.inspected->look.is_same(one.look);
  item.listed = std::move(one);
  item.listed.application = application;
  if (is_new) item.marked_at = begun;
  if (is_other) item.marked_at = ++now_;
  if (item.inspected && !item.is_due()) item.listed.known.reset();
  if (is_other || (is_new && was_complete)) drift.push_back({id, application, now_});
}

void Inventory::drop_missing(const std::string& application, const std::set<std::string>& there, Moment begun,
                             std::vector<Drift>& drift) {
  auto& shelf = shelves_[application];
  std::erase_if(shelf.ids, [&](const std::string& id) {
    const auto found = items_.find(id);
    if (found == items_.end()) return true;
    // What was made or read since then is not missing: it came later.
    const auto& item = found->second;
    if (there.contains(id) || item.marked_at > begun || item.read_at > begun) return false;
    if (item.inspected && !item.is_due()) drift.push_back({id, application, now_});
    items_.erase(found);
    return true;
  });
}

Inventory::Listing Inventory::begin_list(std::string application) const {
  Listing listing;
  listing.application = std::move(application);
  listing.begun = begin();
  return listing;
}

void Inventory::put(Listing& listing, Listed one) {
  const auto whose = listing.application.empty() ? one.application : listing.application;
  const bool was_complete = !wants_list(whose);
  listing.there[whose].insert(one.id);
  put(whose, std::move(one), listing.begun, was_complete, listing.drift);
}

bool Inventory::settle(Listing& listing, std::size_t most) {
  const bool is_of_all = listing.application.empty();
  if (!std::exchange(listing.is_whole, true)) {
    listing.unsettled.push_back(listing.application);
    if (is_of_all) listing.unsettled.clear();
    for (auto shelf = shelves_.begin(); is_of_all && shelf != shelves_.end(); ++shelf)
      listing.unsettled.push_back(shelf->first);
  }
  for (; !listing.unsettled.empty() && most > 0; listing.unsettled.pop_back(), --most) {
    const auto& name = listing.unsettled.back();
    drop_missing(name, listing.there[name], listing.begun, listing.drift);
    auto& shelf = shelves_[name];
    shelf.listed_at = std::max(shelf.listed_at, listing.begun);
    if (shelf.ids.empty() && shelf.marked_at <= shelf.listed_at && is_of_all) shelves_.erase(name);
  }
  if (!listing.unsettled.empty()) return false;
  if (is_of_all) all_listed_at_ = std::max(all_listed_at_, listing.begun);
  return true;
}

bool Inventory::was_told(const Drift& drift) const {
  const auto found = items_.find(drift.id);
  const auto shelf = shelves_.find(drift.application);
  return (found != items_.end() && found->second.marked_at > drift.at) ||
         (shelf != shelves_.end() && shelf->second.marked_at > drift.at);
}

std::vector<std::string> Inventory::due(const std::string& application) const {
  std::vector<std::string> ids;
  const auto consider = [&](const Item& item) {
    const bool may_be_its = !item.listed.owner || *item.listed.owner == owner_;
    if (may_be_its && item.is_due()) ids.push_back(item.listed.id);
  };
  if (application.empty()) {
    for (const auto& [id, item] : items_) consider(item);
    return ids;
  }
  const auto shelf = shelves_.find(application);
  if (shelf == shelves_.end()) return ids;
  for (const auto& id : shelf->second.ids) consider(items_.at(id));
  return ids;
}

void Inventory::inspected(const std::string& id, Inspected inspected, Moment begun) {
  const auto found = items_.find(id);
  if (found == items_.end()) return;
  auto& item = found->second;
  if (begun < item.read_at) return;  // another reading was faster
  item.inspected = std::move(inspected);
  item.listed.known.reset();
  item.read_at = begun;
}

void Inventory::gone(const std::string& id) {
  const auto found = items_.find(id);
  if (found == items_.end()) return;
  const auto shelf = shelves_.find(found->second.listed.application);
  if (shelf != shelves_.end()) shelf->second.ids.erase(id);
  items_.erase(found);
}

Inventory::Item* Inventory::find(const std::string& id) {
  const auto found = items_.find(id);
  return found == items_.end() ? nullptr : &found->second;
}

std::vector<Inventory::Item*> Inventory::items(const std::string& application) {
  std::vector<Item*> all;
  if (application.empty()) {
    for (auto& [id, item] : items_) all.push_back(&item);
    return all;
  }
  const auto shelf = shelves_.find(application);
  if (shelf == shelves_.end()) return all;
  for (const auto& id : shelf->second.ids) all.push_back(&items_.at(id));
  return all;
}

}  // namespace teal::docker
