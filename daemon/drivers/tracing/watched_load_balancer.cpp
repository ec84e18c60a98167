#include "daemon/drivers/tracing/watched_ports.hpp"

namespace teal::tracing {
namespace {

using boost::asio::awaitable;

class WatchedLoadBalancer final : public ports::LoadBalancer {
 public:
  WatchedLoadBalancer(CallWatchPtr watch, std::string name, ports::LoadBalancer& balancer)
      : watch_(std::move(watch)), name_(std::move(name)), balancer_(balancer) {}

  [[nodiscard]] bool takes_routes() const override { return balancer_.takes_routes(); }

  awaitable<Result<void>> claim(std::string application, std::vector<ports::BackendSpec> backends) override {
    return balancer_.claim(std::move(application), std::move(backends));
  }

  [[nodiscard]] std::map<std::string, std::string> probe_headers(const std::string& backend) const override {
    return balancer_.probe_headers(backend);
  }

  [[nodiscard]] std::vector<world::Certificate> certificates() const override { return balancer_.certificates(); }
  awaitable<Result<ports::Release>> release() override { return balancer_.release(); }

  awaitable<Result<std::vector<world::Server>>> servers(std::string backend) override {
    auto about = call("servers", CallKind::Reads, backend);
    return CallWatch::run(watch_, std::move(about), balancer_.servers(std::move(backend)));
  }

  awaitable<Result<std::optional<std::uint64_t>>> requests_given(std::string backend) override {
    return balancer_.requests_given(std::move(backend));
  }

  [[nodiscard]] world::Leftover leftover(const std::string& backend) const override {
    return balancer_.leftover(backend);
  }

  awaitable<Result<std::vector<std::string>>> obstacles(std::string backend) override {
    auto about = call("obstacles", CallKind::Reads, backend);
    return CallWatch::run(watch_, std::move(about), balancer_.obstacles(std::move(backend)));
  }

  awaitable<Result<std::vector<std::string>>> remarks(std::string backend) override {
    auto about = call("remarks", CallKind::Reads, backend);
    return CallWatch::run(watch_, std::move(about), balancer_.remarks(std::move(backend)));
  }

  awaitable<Result<void>> attach(std::string backend, ports::ServerSpec spec) override {
    auto about = of_server("add", backend, spec.name);
    about.attributes.emplace_back("teal.server.address", spec.address);
    return CallWatch::run(watch_, std::move(about), balancer_.attach(std::move(backend), std::move(spec)));
  }

  awaitable<Result<void>> admit(std::string backend, std::string name) override {
    auto about = of_server("ready", backend, name);
    return CallWatch::run(watch_, std::move(about), balancer_.admit(std::move(backend), std::move(name)));
  }

  awaitable<Result<void>> drain(std::string backend, std::string name) override {
    auto about = of_server("drain", backend, name);
    return CallWatch::run(watch_, std::move(about), balancer_.drain(std::move(backend), std::move(name)));
  }

  awaitable<Result<void>> detach(std::string backend, std::string name, bool cut_sessions) override {
    auto about = of_server("remove", backend, name);
    about.attributes.emplace_back("teal.cut_sessions", cut_sessions);
    return CallWatch::run(watch_, std::move(about),
                          balancer_.detach(std::move(backend), std::move(name), cut_sessions));
  }

 private:
  [[nodiscard]] Call call(std::string_view operation, CallKind kind, const std::string& backend) const {
    Call about{"load_balancer", operation, kind, {}};
    about.attributes.emplace_back("teal.load_balancer", name_);
    about.attributes.emplace_back("teal.backend", backend);
    return about;
  }

  [[nodiscard]] Call of_server(std::string_view operation, const std::string& backend, const std::string& name) const {
    auto about = call(operation, CallKind::Changes, backend);
    about.attributes.emplace_back("teal.server", name);
    return about;
  }

  CallWatchPtr watch_;
  std::string name_;
  ports::LoadBalancer& balancer_;
};

}  // namespace

std::unique_ptr<ports::LoadBalancer> watch_load_balancer(CallWatchPtr watch, std::string name,
                                                         ports::LoadBalancer& balancer) {
  return std::make_unique<WatchedLoadBalancer>(std::move(watch), std::move(name), balancer);
}

}  // namespace teal::tracing
