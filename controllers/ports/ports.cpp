#include "controllers/ports/ports.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ranges>
#include <utility>

namespace teal::ports {

Result<Engine*> Ports::engine(const spec::ApplicationSpec& spec) const {
  const auto& name = engine_name(spec);
  const auto found = engines.find(name);
  if (found != engines.end()) return found->second;
  return Error{ErrorCode::invalid, fmt::format("engine {} is not in teald.yaml, which has: {}", name,
                                               fmt::join(std::views::keys(engines), ", "))};
}

rules::Places Ports::places() const {
  rules::Places places;
  for (const auto& [name, port] : load_balancers)
    places.load_balancers[name].takes_routes = port.load_balancer->takes_routes();
  return places;
}

boost::asio::awaitable<std::string> Ports::made_beside(std::function<std::string()> work) const {
  if (!beside) co_return work();
  co_return co_await beside(std::move(work));
}

boost::asio::awaitable<std::string> Ports::rehearsed_beside(std::function<std::string()> work) const {
  if (!beside_one_at_a_time) co_return co_await made_beside(std::move(work));
  co_return co_await beside_one_at_a_time(std::move(work));
}

}  // namespace teal::ports
