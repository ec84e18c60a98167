#include "tests/benchmark/rollout_overhead/floor.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "daemon/drivers/engines/docker/docker_engine.hpp"
#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"
#include "daemon/http/http_client.hpp"
#include "tests/support/await.hpp"

namespace teal::benchmark {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

constexpr Duration poll_interval = 5ms;
constexpr auto application = "floor";

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error("floor: " + result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

awaitable<void> pause() {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, poll_interval};
  co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace

Floor::Floor(FloorSettings settings) : settings_(std::move(settings)) {
  docker::DockerOptions options;
  options.endpoint.unix_socket = true;
  options.endpoint.path = settings_.docker_socket;
  options.owner = "floor";
  engine_ = docker::make_docker_engine(io_.get_executor(), std::move(options));
  balancer_ = haproxy::make_haproxy(haproxy::HaproxyOptions{settings_.haproxy_socket, nullptr});
}

std::chrono::duration<double> Floor::upgrade(const std::string& version) {
  const auto begun = std::chrono::steady_clock::now();
  test::await(io_, run(version));
  return std::chrono::steady_clock::now() - begun;
}

ports::ContainerSpec Floor::container(const std::string& image, const std::string& unit, int index) const {
  ports::ContainerSpec spec;
  spec.name = spec::container_name(application, unit, revision_, index);
  spec.image_id = image;
  spec.application = application;
  spec.unit = unit;
  spec.revision = revision_;
  spec.index = index;
  spec.mounts = settings_.mounts;
  for (const auto& [name, value] : settings_.environment) spec.env.emplace_back(name, masking::Secret{value});
  return spec;
}

awaitable<bool> Floor::run(std::string version) {
  revision_ += 1;
  const auto image = must(co_await engine_->image(settings_.repository + ":" + version));
  co_await migrate(image.id);
  auto fresh = co_await start(image.id);
  co_await until_healthy(fresh);
  co_await introduce(fresh, present_);
  co_await retire(present_);
  present_ = std::move(fresh);
  co_return true;
}

awaitable<bool> Floor::migrate(std::string image) {
  auto job = container(image, "default", 1);
  job.role = world::Role::Migrate;
  job.command = {"./upgrade_schema.sh", "upgrade"};
  for (auto& [name, value] : job.env) {
    const auto own = settings_.credentials.find(name);
    if (own != settings_.credentials.end()) value = masking::Secret{own->second};
  }
  const auto id = must(co_await engine_->create(std::move(job)));
  must(co_await engine_->start(id));
  for (;;) {
    const auto all = must(co_await engine_->list(application));
    const auto found = std::ranges::find(all, id, &world::Container::id);
    if (found != all.end() && found->state == world::ContainerState::Exited) {
      if (found->exit_code != 0) throw std::runtime_error("floor: the migration failed");
      break;
    }
    co_await pause();
  }
  static_cast<void>(must(co_await engine_->logs(id, 65536)));
  must(co_await engine_->remove(id));
  co_return true;
}

awaitable<std::vector<Floor::Replica>> Floor::start(std::string image) {
  std::vector<Replica> replicas;
  for (int index = 0; index <= settings_.api_replicas; ++index) {
    const bool worker = index == settings_.api_replicas;
    auto spec = container(image, worker ? "worker" : "api", worker ? 0 : index);
    if (worker) {
      spec.command = {"./worker"};
    } else {
      spec.port = 8000;
    }
    Replica replica;
    replica.name = spec.name;
    replica.id = must(co_await engine_->create(std::move(spec)));
    must(co_await engine_->start(replica.id));
    replicas.push_back(std::move(replica));
  }
  const auto all = must(co_await engine_->list(application));
  for (auto& replica : replicas) {
    const auto found = std::ranges::find(all, replica.id, &world::Container::id);
    if (found != all.end()) replica.address = found->address.value_or("");
  }
  co_return replicas;
}

awaitable<bool> Floor::until_healthy(std::vector<Replica> replicas) {
  const auto executor = co_await boost::asio::this_coro::executor;
  for (const auto& replica : replicas) {
    if (replica.address.empty()) continue;  // the worker
    const auto endpoint = must(http::parse_endpoint("http://" + replica.address));
    for (bool healthy = false; !healthy;) {
      http::Client client{executor, endpoint};
      http::Request request;
      request.target = "/api/v1/health/check_up";
      const auto answer = co_await client.request(std::move(request), 1s);
      healthy = answer && answer->status == 200;
      if (!healthy) co_await pause();
    }
  }
  co_return true;
}

awaitable<bool> Floor::introduce(std::vector<Replica> fresh, std::vector<Replica> old) {
  const auto& backend = settings_.backend;
  spec::HealthCheck health;
  health.interval = 200ms;
  std::size_t wanted = 0;
  for (const auto& replica : fresh) {
    if (replica.address.empty()) continue;
    must(co_await balancer_->attach(backend, ports::ServerSpec{replica.name, replica.address, health}));
    ++wanted;
  }
  for (std::size_t passed = 0; passed < wanted;) {
    const auto servers = must(co_await balancer_->servers(backend));
    passed = static_cast<std::size_t>(std::ranges::count_if(servers, [&](const world::Server& server) {
      return server.check_passed && std::ranges::find(fresh, server.name, &Replica::name) != fresh.end();
    }));
    if (passed < wanted) co_await pause();
  }
  for (const auto& replica : fresh) {
    if (!replica.address.empty()) must(co_await balancer_->admit(backend, replica.name));
  }
  for (const auto& replica : old) {
    if (!replica.address.empty()) must(co_await balancer_->drain(backend, replica.name));
  }
  co_return true;
}

awaitable<bool> Floor::retire(std::vector<Replica> old) {
  const auto& backend = settings_.backend;
  const auto is_old = [&](const std::string& name) {
    return std::ranges::find(old, name, &Replica::name) != old.end();
  };
  for (bool drained = false; !drained;) {
    const auto servers = must(co_await balancer_->servers(backend));
    drained =
        std::ranges::none_of(servers, [&](const world::Server& one) { return is_old(one.name) && one.sessions > 0; });
    if (!drained) co_await pause();
  }
  for (const auto& replica : old) {
    if (!replica.address.empty()) must(co_await balancer_->detach(backend, replica.name, false));
  }
  for (const auto& replica : old) must(co_await engine_->stop(replica.id, "SIGTERM"));
  for (bool ended = false; !ended;) {
    const auto all = must(co_await engine_->list(application));
    ended = std::ranges::none_of(all, [&](const world::Container& one) {
      return is_old(one.name) && one.state == world::ContainerState::Running;
    });
    if (!ended) co_await pause();
  }
  for (const auto& replica : old) must(co_await engine_->remove(replica.id));
  co_return true;
}

}  // namespace teal::benchmark
