#include "controllers/reconcile/observe_image.hpp"

#include "controllers/rollout/steps/prepare.hpp"

namespace teal {

using boost::asio::awaitable;

namespace {

// An engine that refuses to look a name up will say why when it is to pull it.
bool is_absent(const Error& error) {
  return error.code == ErrorCode::not_found || error.code == ErrorCode::invalid || error.code == ErrorCode::denied;
}

}  // namespace

awaitable<Result<std::optional<Image>>> observe_image(Engine& engine, const RolloutRecord& record) {
  std::vector<std::string> references{image_reference(record.target.application.spec)};
  if (record.rollback) {
    references = {record.target.image_id};
    if (auto pulled = recorded_reference(record.target); !pulled.empty()) references.push_back(std::move(pulled));
  }
  for (const auto& reference : references) {
    auto image = co_await engine.image(reference);
    if (image) co_return std::optional<Image>{std::move(*image)};
    if (!is_absent(image.error())) co_return within("engine", image.error());
  }
  co_return std::optional<Image>{};
}

void observe_pull(const Ports& ports, const Engine& engine, const RolloutRecord& record, Observed& world) {
  auto reference = record.rollback ? recorded_reference(record.target) : std::string{};
  if (reference.empty()) reference = image_reference(record.target.application.spec);
  world.pulling = engine.pulling(reference);
  if (ports.registry == nullptr || !ports.registry->wants_signature(reference)) return;
  const auto& digest = record.rollback ? record.target.image_digest : world.image ? world.image->digest : reference;
  world.unverified = !world.image || !ports.registry->is_verified(reference, digest);
}

}  // namespace teal
