#include "controllers/reconcile/output_to_keep.hpp"

#include <fmt/format.h>

#include <memory>

#include "controllers/environment/masking.hpp"
#include "controllers/records/kept_log.hpp"

namespace teal::reconcile {

std::string stamped_output(const ports::Output& output, std::size_t most,
                           const std::vector<const masking::Mask*>& masks) {
  std::vector<std::size_t> places;
  places.reserve(output.lines.size());
  for (const auto& line : output.lines) places.push_back(line.at);
  const auto shown = masking::masked_end(output.text, most, masks, places);
  std::string text;
  std::size_t done = 0;
  for (std::size_t i = 0; i < output.lines.size(); ++i) {
    const auto& place = shown.places[i];
    if (!place) continue;
    text.append(shown.text, done, *place - done);
    text += output.lines[i].time + records::time_mark;
    done = *place;
  }
  return text.append(shown.text, done);
}

boost::asio::awaitable<Result<std::string>> output_to_keep(const ports::Ports& ports, ports::Engine& engine,
                                                           const spec::ApplicationSpec& spec, std::string id) {
  environment::GivenMasks asked_once;  // it is on its way out
  const auto known = co_await environment::given_mask(ports, engine, id, environment::secret_names(spec), asked_once);
  if (!known && known.error().code == ErrorCode::denied) {
    co_return fmt::format("(its output is not kept, since it cannot be searched for secrets: {})\n",
                          known.error().message);
  }
  if (!known) co_return within("look for secrets in its output", known.error());
  const auto present = std::make_shared<const masking::Mask>(co_await environment::secrets_of(*ports.secrets, spec));
  const auto most = ports.log_bytes;
  // A little more than is kept, to see whether there is more; and what a secret takes that begins before.
  auto log = co_await engine.output(id, most + 4 + masking::more_to_read({known->get(), present.get()}));
  // Gone, or half removed: an engine that could not finish gives no output away any more, and what was kept then stays.
  const bool has_none = !log && (log.error().code == ErrorCode::not_found || log.error().code == ErrorCode::conflict);
  if (has_none) co_return Error{ErrorCode::not_found, log.error().message};
  if (!log) co_return fmt::format("(its output could not be read: {})\n", log.error().message);
  auto work = [log = std::move(*log), most, given = *known, present] {
    auto text = stamped_output(log, most, {given.get(), present.get()});
    return log.text.size() > most || text.size() > most ? records::truncated_log(text, most) : text;
  };
  co_return co_await ports.made_beside(std::move(work));
}

}  // namespace teal::reconcile
