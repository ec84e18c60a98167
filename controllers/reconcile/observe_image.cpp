#include "controllers/reconcile/observe_image.hpp"

#include <algorithm>

#include "controllers/rollout/rules.hpp"
#include "controllers/rollout/steps/preparing.hpp"

namespace teal::reconcile {

using boost::asio::awaitable;

namespace {

// An engine that refuses to look a name up will say why when it is to pull it.
bool is_absent(const Error& error) {
  return error.code == ErrorCode::not_found || error.code == ErrorCode::invalid || error.code == ErrorCode::denied;
}

// The image is pinned before approval is asked for: what is approved is that one.
bool is_pinned(const records::RolloutRecord& record) {
  return !rollout::rules_of(record).resolves_image || record.standing.phase == spec::Phase::AwaitingApproval;
}

}  // namespace

std::vector<std::string> image_references(const records::RolloutRecord& record) {
  if (!is_pinned(record)) return {image_reference(record.course.target.application.spec)};
  std::vector<std::string> references{record.course.target.image_id};
  if (auto pulled = rollout::recorded_reference(record.course.target); !pulled.empty())
    references.push_back(std::move(pulled));
  return references;
}

awaitable<Result<std::optional<world::Image>>> observe_image(ports::Engine& engine,
                                                             std::vector<std::string> references) {
  for (const auto& reference : references) {
    auto image = co_await engine.image(reference);
    if (image) co_return std::optional<world::Image>{std::move(*image)};
    if (!is_absent(image.error())) co_return within("engine", image.error());
  }
  co_return std::optional<world::Image>{};
}

awaitable<Result<void>> recognise_images(ports::Engine& engine, std::vector<const records::Revision*> revisions,
                                         std::vector<world::Container>& containers) {
  for (const auto* revision : revisions) {
    const auto reference = rollout::recorded_reference(*revision);
    const auto has_another = [&](const world::Container& one) {
      return one.revision == revision->number && one.image_id != revision->image_id;
    };
    if (reference.empty() || revision->image_id.empty() || std::ranges::none_of(containers, has_another)) continue;
    const auto image = co_await engine.image(reference);
    if (!image && !is_absent(image.error())) co_return within("engine", image.error());
    if (!image) continue;
    for (auto& container : containers) {
      if (has_another(container) && container.image_id == image->id) container.image_id = revision->image_id;
    }
  }
  co_return Result<void>{};
}

void observe_pull(const ports::Ports& ports, const ports::Engine& engine, const records::RolloutRecord& record,
                  rollout::Observed& world) {
  const bool resolves = !is_pinned(record);
  auto reference = resolves ? std::string{} : rollout::recorded_reference(record.course.target);
  if (reference.empty()) reference = image_reference(record.course.target.application.spec);
  world.pulling = engine.pulling(reference);
  if (record.standing.phase == spec::Phase::AwaitingApproval) return;  // it was verified when it was pinned
  if (ports.registry == nullptr || !ports.registry->wants_signature(reference)) return;
  const auto& digest = !resolves ? record.course.target.image_digest : world.image ? world.image->digest : reference;
  world.unverified = !world.image || !ports.registry->is_verified(reference, digest);
}

}  // namespace teal::reconcile
