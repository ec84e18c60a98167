#include "controllers/reconcile/observe_image.hpp"

#include "controllers/rollout/rules.hpp"
#include "controllers/rollout/steps/preparing.hpp"

namespace teal {

using boost::asio::awaitable;

namespace {

// An engine that refuses to look a name up will say why when it is to pull it.
bool is_absent(const Error& error) {
  return error.code == ErrorCode::not_found || error.code == ErrorCode::invalid || error.code == ErrorCode::denied;
}

}  // namespace

awaitable<Result<std::optional<Image>>> observe_image(Engine& engine, const RolloutRecord& record) {
  std::vector<std::string> references{image_reference(record.course.target.application.spec)};
  if (!rules_of(record).resolves_image) {
    references = {record.course.target.image_id};
    if (auto pulled = recorded_reference(record.course.target); !pulled.empty()) references.push_back(std::move(pulled));
  }
  for (const auto& reference : references) {
    auto image = co_await engine.image(reference);
    if (image) co_return std::optional<Image>{std::move(*image)};
    if (!is_absent(image.error())) co_return within("engine", image.error());
  }
  co_return std::optional<Image>{};
}

void observe_pull(const Ports& ports, const Engine& engine, const RolloutRecord& record, Observed& world) {
  const bool resolves = rules_of(record).resolves_image;
  auto reference = resolves ? std::string{} : recorded_reference(record.course.target);
  if (reference.empty()) reference = image_reference(record.course.target.application.spec);
  world.pulling = engine.pulling(reference);
  if (ports.registry == nullptr || !ports.registry->wants_signature(reference)) return;
  const auto& digest = !resolves ? record.course.target.image_digest : world.image ? world.image->digest : reference;
  world.unverified = !world.image || !ports.registry->is_verified(reference, digest);
}

}  // namespace teal
