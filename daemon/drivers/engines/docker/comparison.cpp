#include "daemon/drivers/engines/docker/comparison.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>

#include "daemon/drivers/engines/docker/api.hpp"
#include "daemon/drivers/engines/docker/containers.hpp"

namespace teal::docker {

namespace asio = boost::asio;

asio::awaitable<void> compare_inventory(DockerComparison comparison) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  Api api{timer.get_executor(), comparison.endpoint, comparison.telemetry};
  auto& inventory = *comparison.inventory;
  for (;;) {
    timer.expires_after(comparison.interval);
    co_await timer.async_wait(asio::use_awaitable);
    if (inventory.followed() != Inventory::Followed::Yes || inventory.wants_list_of_all()) continue;
    const auto drift = co_await read_list(api, inventory, "");
    if (!drift || drift->empty()) continue;
    std::set<std::string> applications;
    for (const auto& one : *drift) applications.insert(one.application);
    for (const auto& application : applications) comparison.on_change(application);
    timer.expires_after(comparison.grace);
    co_await timer.async_wait(asio::use_awaitable);
    const auto missed = std::ranges::count_if(*drift, [&](const auto& one) { return !inventory.was_told(one); });
    if (comparison.telemetry != nullptr && missed > 0)
      comparison.telemetry->inventory_drift("engine", static_cast<std::size_t>(missed));
  }
}

}  // namespace teal::docker
