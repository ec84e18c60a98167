// Containers that look like ours and are not: each is told of once in the life of a teald, and left alone.
#include <fmt/format.h>

#include <algorithm>

#include "controllers/reconcile/entry.hpp"

namespace teal::reconcile {

using boost::asio::awaitable;

namespace {

std::string words_about(const world::Stranger& stranger) {
  const auto why = stranger.expected.empty() ? std::string{"does not say which replica or job it is"}
                                             : fmt::format("is not called {}, as its labels say", stranger.expected);
  const auto by_hand = stranger.command_to_remove.empty() ? std::string{} : " (" + stranger.command_to_remove + ")";
  return fmt::format(
      "container {} has the labels of this application but {}: a copy, or one that was renamed. It is ignored, "
      "gets no traffic and is left alone; whoever started it has to remove it{}",
      stranger.name, why, by_hand);
}

}  // namespace

awaitable<void> Reconciler::tell_strangers(EntryPtr entry, std::vector<world::Stranger> strangers) {
  std::set<std::string> there;
  std::vector<records::Event> events;
  for (const auto& stranger : strangers) {
    const auto key = stranger.id + " " + stranger.name;
    there.insert(key);
    if (entry->memory.strangers.contains(key)) continue;
    records::Event event;
    event.time = ports_.clock->now();
    event.warning = true;
    event.reason = spec::Reason::StrangeContainer;
    event.message = words_about(stranger);
    event.application = entry->record.application.name;
    event.object = "Container/" + stranger.name;
    events.push_back(std::move(event));
  }
  if (!events.empty()) {
    const auto stored = co_await ports_.store->append(events);
    if (!stored) co_return;  // told in the next pass
    tell(events);
  }
  entry->memory.strangers = std::move(there);
}

}  // namespace teal::reconcile
