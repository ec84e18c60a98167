// What anybody with access to the engine can read of a container and of an image.
#include <algorithm>

#include "tests/support/fake_engine.hpp"

namespace teal::test {

using boost::asio::awaitable;

awaitable<Result<ports::Exposure>> FakeEngine::exposure(std::string id) {
  const auto outcome = enter("exposure");
  if (outcome.before) co_return *outcome.before;
  const auto* stored = by_id(id);
  if (stored == nullptr) co_return Error{ErrorCode::not_found, "No such container: " + id};
  ports::Exposure exposure;
  for (const auto& [name, value] : stored->spec.env) exposure.environment.emplace_back(name + "=" + value.reveal());
  for (const auto& text : set_by_image(stored->spec.image_id)) {
    const auto name = text.substr(0, text.find('='));
    const bool overridden = std::ranges::any_of(stored->spec.env, [&](const auto& one) { return one.first == name; });
    if (!overridden) exposure.environment.emplace_back(text);
  }
  exposure.files = stored->spec.files;
  exposure.files_known = !stored->has_lost_files;
  for (const auto& word : stored->spec.command) exposure.texts.push_back({"command", masking::Secret{word}});
  for (const auto& mount : stored->spec.mounts) exposure.texts.push_back({"mounts", masking::Secret{mount.source}});
  exposure.texts.push_back({"labels", masking::Secret{"teal.application=" + stored->spec.application}});
  if (outcome.after) co_return *outcome.after;
  co_return exposure;
}

awaitable<Result<ports::Exposure>> FakeEngine::image_exposure(std::string image_id) {
  const auto outcome = enter("image_exposure");
  if (outcome.before) co_return *outcome.before;
  const bool known = std::ranges::any_of(images_, [&](const auto& one) { return one.second.id == image_id; });
  if (!known) co_return Error{ErrorCode::not_found, "No such image: " + image_id};
  ports::Exposure exposure;
  for (const auto& text : set_by_image(image_id)) exposure.environment.emplace_back(text);
  if (outcome.after) co_return *outcome.after;
  co_return exposure;
}

}  // namespace teal::test
