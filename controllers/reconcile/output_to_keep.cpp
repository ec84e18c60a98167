#include "controllers/reconcile/output_to_keep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "controllers/environment/masking.hpp"
#include "controllers/records/kept_log.hpp"

namespace teal {

boost::asio::awaitable<Result<std::string>> output_to_keep(const Ports& ports, Engine& engine, const ApplicationSpec& spec,
                                                           std::string id) {
  auto known = co_await secrets_given(engine, id, secret_names(spec));
  if (!known && known.error().code == ErrorCode::denied) {
    co_return fmt::format("(its output is not kept, since it cannot be searched for secrets: {})\n",
                          known.error().message);
  }
  if (!known) co_return within("look for secrets in its output", known.error());
  auto present = co_await secrets_of(*ports.secrets, spec);
  std::ranges::move(present, std::back_inserter(*known));
  const auto mask = std::make_shared<const Mask>(*known);
  const auto most = ports.log_bytes;
  // A little more than is kept, to see whether there is more; and what a secret takes that begins before.
  auto log = co_await engine.logs(id, most + 4 + more_to_read({mask.get()}));
  if (!log && log.error().code == ErrorCode::not_found) co_return log.error();
  if (!log) co_return fmt::format("(its output could not be read: {})\n", log.error().message);
  auto work = [log = std::move(*log), most, mask] {
    auto text = masked_end(log, most, {mask.get()});
    return log.size() > most ? truncated_log(text, most) : text;
  };
  co_return co_await ports.made_beside(std::move(work));
}

}  // namespace teal
