#include "controllers/ports/load_balancer.hpp"

#include <algorithm>

namespace teal::ports {

boost::asio::awaitable<Result<void>> LoadBalancer::claim(std::string /*application*/,
                                                         std::vector<BackendSpec> backends) {
  if (std::ranges::all_of(backends, [](const BackendSpec& one) { return one.routes.empty(); }))
    co_return Result<void>{};
  co_return Error{
      ErrorCode::invalid,
      "its configuration is written by people, so `routes` of the manifest have no effect: take them out, or "
      "have Teal keep the load balancer (`managed` in teald.yaml)"};
}

}  // namespace teal::ports
