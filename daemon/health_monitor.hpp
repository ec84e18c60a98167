// Teal's own probes, in the background: of replicas directly, of applications through their load balancers.
//
// A replica is probed at once, then every `interval` while it is settled and its latest results agree; faster (a tenth
// of the interval, 20 ms to 1 s) until it is settled and while its state is undecided, but once it has failed for
// longer than `startup` every `interval` again. Each traffic target is probed `per_second` times a second, less often
// while responses take longer than that. Every probe uses a new connection, one at a time per target, with the check's
// timeout.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controllers/ports/health.hpp"

namespace teal::ports {
class Secrets;
class Telemetry;
}  // namespace teal::ports

namespace teal::daemon {

// What LoadBalancer::requests_given says of a load balancer by its name; none also on an error.
using RequestsGiven =
    std::function<boost::asio::awaitable<std::optional<std::uint64_t>>(std::string load_balancer, std::string backend)>;

// `wake` gets an application's name when a view of it changed in a way that matters: a count that is not beyond its
// threshold, another answer, enough good traffic probes since they were last taken. `telemetry` may be null; else it
// must outlive the monitor, as must `secrets`, which reads the values of `health.headers` (null: they all stand in the
// manifests). `given`
// (empty: nobody counts) is asked right before and after each probe through a load balancer. One thread, the
// executor's. None of them is called once the monitor is gone.
[[nodiscard]] std::unique_ptr<ports::Health> make_health_monitor(boost::asio::any_io_executor executor,
                                                                 ports::Telemetry* telemetry,
                                                                 std::function<void(std::string application)> wake,
                                                                 ports::Secrets* secrets, RequestsGiven given = {});

}  // namespace teal::daemon
