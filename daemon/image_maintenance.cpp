#include "daemon/image_maintenance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "controllers/reconcile/image_pruning.hpp"

namespace teal::daemon {

using boost::asio::awaitable;

namespace {

constexpr std::size_t most_rollouts = 200;

}  // namespace

ImageMaintenance::ImageMaintenance(const ports::Ports& ports, const status::Board& board,
                                   ImageMaintenanceOptions options)
    : ports_(ports), board_(board), options_(std::move(options)) {}

awaitable<void> ImageMaintenance::say(records::Event event) {
  event.time = ports_.clock->now();
  const std::vector<records::Event> events{event};
  const auto stored = co_await ports_.store->append(events);
  if (stored && options_.told) options_.told(event);
}

awaitable<void> ImageMaintenance::prune(std::string application) {
  std::map<std::string, std::vector<records::RolloutRecord>> rollouts;
  for (const auto& view : board_.list()) {
    const auto& name = view->record.application.name;
    auto records = co_await ports_.store->rollouts(name, most_rollouts);
    if (!records) co_return;  // without knowing what all of them need nothing is removed
    const auto unreadable = co_await ports_.store->unreadable_rollouts(name);
    if (!unreadable || !unreadable->empty()) co_return;
    rollouts[name] = std::move(*records);
  }
  const auto own = board_.find(application);
  if (own == nullptr || !own->rollout) co_return;
  const auto engine = ports_.engine(records::placed_by(*own->rollout));
  if (!engine) co_return;
  for (const auto& image : reconcile::superfluous_images(rollouts, options_.keep)) {
    const auto& ours = rollouts[application];
    const auto is_ours = [&](const records::RolloutRecord& one) { return one.course.target.image_id == image.id; };
    if (std::ranges::none_of(ours, is_ours)) continue;
    const auto present = co_await (*engine)->image(image.id);
    if (!present) continue;
    const auto removed = co_await (*engine)->discard_image(image.id);
    records::Event event;
    event.application = application;
    event.object = "Application/" + application;
    event.reason = removed ? spec::Reason::ImageRemoved : spec::Reason::ImageNotRemoved;
    event.message =
        removed ? fmt::format("image {} of revision {} is removed: the active one and the {} before it are kept",
                              image.reference, image.revision, options_.keep)
                : fmt::format("image {} of revision {} is not needed and cannot be removed: {}", image.reference,
                              image.revision, removed.error().message);
    co_await say(std::move(event));
  }
}

awaitable<void> ImageMaintenance::check_tags() {
  if (ports_.registry == nullptr) co_return;
  for (const auto& view : board_.list()) {
    if (!view->rollout || view->rollout->standing.phase != spec::Phase::Complete || !view->rollout->pulled) continue;
    const auto name = view->record.application.name;
    const auto revision = view->rollout->course.target;
    const auto reference = image_reference(revision.application.spec);
    if (reference.find('@') != std::string::npos) continue;
    const auto digest = co_await ports_.registry->digest(reference);
    // A registry that does not answer changes nothing; the next pull will say what is wrong.
    if (!digest) continue;
    if (*digest == revision.image_digest) {
      said_.erase(name);
      continue;
    }
    if (said_[name] == *digest) continue;
    said_[name] = *digest;
    records::Event event;
    event.application = name;
    event.object = "Application/" + name;
    event.warning = true;
    event.reason = spec::Reason::TagMoved;
    event.message = fmt::format("{} names {} now; revision {} keeps running {}", reference, *digest, revision.number,
                                revision.image_digest);
    co_await say(std::move(event));
    if (options_.wake) options_.wake(name);
  }
}

awaitable<void> ImageMaintenance::watch_tags() {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  for (;;) {
    timer.expires_after(options_.check_tags);
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_await check_tags();
  }
}

}  // namespace teal::daemon
