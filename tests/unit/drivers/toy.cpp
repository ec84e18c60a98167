#include "tests/unit/drivers/toy.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/engine.hpp"
#include "controllers/ports/load_balancer.hpp"
#include "daemon/config/fields.hpp"
#include "daemon/runtime/stream.hpp"

namespace teal::test {
namespace {

using boost::asio::awaitable;

// Every container is the same little server: that of the part's task.
class ToyEngine final : public ports::Engine {
 public:
  ToyEngine(drivers::DriverContext context, std::string address, ToyLog& log)
      : context_(std::move(context)), address_(std::move(address)), log_(log) {}

  awaitable<Result<std::vector<world::Container>>> list(std::string application) override {
    std::vector<world::Container> found;
    for (const auto& [id, one] : containers_) {
      if (application.empty() || one.seen.application == application) found.push_back(one.seen);
    }
    co_return found;
  }
  awaitable<Result<world::Image>> image(std::string reference) override {
    co_return world::Image{"image of " + reference, "sha256:" + reference};
  }
  awaitable<Result<world::Image>> pull(std::string reference) override { return image(std::move(reference)); }
  awaitable<Result<std::string>> create(ports::ContainerSpec spec) override {
    if (containers_.contains(spec.name)) co_return Error{ErrorCode::conflict, "the name is taken"};
    world::Container seen;
    seen.id = seen.name = spec.name;
    seen.application = spec.application;
    seen.unit = spec.unit;
    seen.role = spec.role;
    seen.revision = spec.revision;
    seen.index = spec.index;
    seen.image_id = spec.image_id;
    const auto id = seen.id;
    log_.lines.push_back("create " + id + " of " + context_.owner);
    containers_[id] = {std::move(seen), std::move(spec)};
    co_return id;
  }
  awaitable<Result<void>> start(std::string id) override {
    auto& seen = containers_.at(id).seen;
    seen.state = world::ContainerState::Running;
    seen.started_at = context_.clock->now();
    if (containers_.at(id).spec.port) seen.address = address_;
    changed(seen.application);
    co_return Result<void>{};
  }
  awaitable<Result<void>> stop(std::string id, std::string) override {
    auto& seen = containers_.at(id).seen;
    seen.state = world::ContainerState::Exited;
    seen.exit_code = 0;
    seen.finished_at = seen.signalled_at = context_.clock->now();
    seen.exit_witnessed = true;
    changed(seen.application);
    co_return Result<void>{};
  }
  awaitable<Result<void>> remove(std::string id) override {
    containers_.erase(id);
    co_return Result<void>{};
  }
  awaitable<Result<std::string>> logs(std::string, std::size_t) override { co_return std::string{}; }
  awaitable<Result<ports::Exposure>> exposure(std::string) override { co_return ports::Exposure{}; }
  awaitable<Result<ports::Exposure>> image_exposure(std::string) override { co_return ports::Exposure{}; }

 private:
  struct Stored {
    world::Container seen;
    ports::ContainerSpec spec;
  };

  void changed(const std::string& application) { context_.changed(application); }

  drivers::DriverContext context_;
  std::string address_;
  ToyLog& log_;
  std::map<std::string, Stored> containers_;
};

class ToyBalancer final : public ports::LoadBalancer {
 public:
  explicit ToyBalancer(ToyLog& log) : log_(log) {}

  awaitable<Result<std::vector<world::Server>>> servers(std::string backend) override {
    std::vector<world::Server> found;
    for (const auto& [name, server] : backends_[backend]) found.push_back(server);
    co_return found;
  }
  awaitable<Result<void>> attach(std::string backend, ports::ServerSpec spec) override {
    world::Server server;
    server.name = spec.name;
    server.address = spec.address;
    server.intake = world::Intake::Draining;
    server.check_passed = true;
    backends_[backend][spec.name] = server;
    log_.lines.push_back("add " + spec.name + " to " + backend);
    co_return Result<void>{};
  }
  awaitable<Result<void>> admit(std::string backend, std::string name) override {
    auto& server = backends_[backend].at(name);
    server.intake = world::Intake::Open;
    server.up = true;
    co_return Result<void>{};
  }
  awaitable<Result<void>> drain(std::string backend, std::string name) override {
    auto& server = backends_[backend].at(name);
    server.intake = world::Intake::Draining;
    server.up = false;
    co_return Result<void>{};
  }
  awaitable<Result<void>> detach(std::string backend, std::string name, bool) override {
    backends_[backend].erase(name);
    co_return Result<void>{};
  }

 private:
  ToyLog& log_;
  std::map<std::string, std::map<std::string, world::Server>> backends_;
};

awaitable<void> serve(runtime::ListenerPtr listener, std::string answer) {
  for (;;) {
    auto stream = co_await listener->accept();
    if (!stream && stream.error().code == ErrorCode::cancelled) co_return;
    if (!stream) continue;
    std::string request(4096, '\0');
    (void)co_await (*stream)->read_some(request.data(), request.size(), runtime::after(Duration{1000}));
    (void)co_await (*stream)->write(answer, runtime::after(Duration{1000}));
    (*stream)->close();
  }
}

Result<drivers::Part<ports::Engine>> make_toy_engine(const std::string& answer, drivers::DriverContext context,
                                                     ToyLog& log) {
  auto listener = runtime::listen_tcp(context.executor, "127.0.0.1", "0");
  if (!listener) return listener.error();
  const auto address = "127.0.0.1:" + std::to_string((*listener)->port());
  drivers::Part<ports::Engine> part;
  part.port = std::make_unique<ToyEngine>(std::move(context), address, log);
  part.tasks.push_back(serve(std::move(*listener), answer));
  return part;
}

}  // namespace

void register_toys(drivers::Drivers& drivers, ToyLog& log) {
  drivers::Driver<drivers::Make<drivers::Part<ports::Engine>>> engine;
  engine.key = "toy";
  engine.read = [&log](const yaml::Field& field) {
    std::string answer;
    yaml::Section section{field};
    yaml::read(section.need("answer"), answer);
    section.finish();
    return [answer, &log](drivers::DriverContext context) { return make_toy_engine(answer, std::move(context), log); };
  };
  drivers.engines.push_back(std::move(engine));

  drivers::Driver<drivers::MakeLoadBalancer> balancer;
  balancer.key = "toyBalancer";
  balancer.read = [&log](const yaml::Field& field) {
    std::optional<std::string> entrance;
    yaml::Section section{field};
    config::read_url(section.get("entrance"), entrance);
    section.finish();
    drivers::MakeLoadBalancer make;
    make.make = [entrance, &log](drivers::DriverContext) -> Result<drivers::LoadBalancerPart> {
      drivers::LoadBalancerPart part;
      part.port = std::make_unique<ToyBalancer>(log);
      part.traffic_url = entrance.value_or("");
      return part;
    };
    return make;
  };
  drivers.load_balancers.push_back(std::move(balancer));
}

}  // namespace teal::test
