// What teald asks of HAProxy, thousands of times under load while replicas die: does HAProxy survive it?
//
//   stress_haproxy [--seconds N] [--cycles N] [--clients N] [--threads N] [--retries N] [--haproxy PROGRAM] [--delete]
//
// A cycle is a new replica that is brought into traffic and an old one that leaves it: drained, killed under load, or
// hanging. `--delete` asks HAProxy to cut sessions and delete the servers, whatever its release, as Teal did before it
// kept slots. Ends with 1 when HAProxy died; it is started again and counted meanwhile. Everything is on 127.0.0.1.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <deque>
#include <random>
#include <thread>

#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"
#include "daemon/drivers/load_balancers/haproxy/releases.hpp"
#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"
#include "tests/conformance/haproxy_process.hpp"
#include "tests/stress/clients.hpp"
#include "tests/stress/replicas.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Options {
  int seconds = 10;
  int cycles = 1'000'000;
  int clients = 24;
  int threads = 2;
  int retries = 3;
  std::string haproxy = "haproxy";
  bool deletes = false;
};

struct Figures {
  int cycles = 0;
  int refused = 0;  // cycles in which a call of the driver failed
  int killed = 0;
  int hanging = 0;
  int crashes = 0;
  std::map<std::string, int> refusals;
};

class Stress {
 public:
  explicit Stress(const Options& options) : options_(options) { start(); }

  Figures run() {
    Figures figures;
    const auto end = Clock::now() + std::chrono::seconds{options_.seconds};
    auto next_words = Clock::now() + 60s;
    for (int index = 0; index < 3; ++index) bring_in(figures);
    while (Clock::now() < end && figures.cycles < options_.cycles) {
      ++figures.cycles;
      bring_in(figures);
      take_out(figures);
      if (haproxy_->ended()) restart(figures);
      if (Clock::now() < next_words) continue;
      next_words += 60s;
      fmt::print("  {} cycles, {} crashes so far\n", figures.cycles, figures.crashes);
      std::fflush(stdout);
    }
    clients_->stop();
    count_clients();
    return figures;
  }

  [[nodiscard]] std::string release() const {
    return haproxy::describe(haproxy::release_of(haproxy_->ask("show info")));
  }
  [[nodiscard]] std::size_t entries() const {
    const auto text = haproxy_->ask("show servers conn " + haproxy_->backend());
    return static_cast<std::size_t>(std::ranges::count(text, '/')) - 2;  // the header's
  }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& errors() const { return errors_; }

 private:
  void start() {
    HaproxyChoice choice;
    choice.program = options_.haproxy;
    choice.edits = {
        {"retries 0\n    no option redispatch", fmt::format("retries {}\n    option redispatch", options_.retries)},
        {"maxconn 4000", fmt::format("maxconn 4000\n    nbthread {}", options_.threads)}};
    haproxy_ = std::make_unique<HaproxyProcess>(choice);
    balancer_ = haproxy::make_haproxy({haproxy_->socket(), nullptr});
    clients_ = std::make_unique<Clients>(fmt::format("http://127.0.0.1:{}", haproxy_->port()), options_.clients);
  }

  void restart(Figures& figures) {
    ++figures.crashes;
    const auto log = haproxy_->log();
    fmt::print("HAProxy died in cycle {} with {}; the end of its log:\n{}\n", figures.cycles, *haproxy_->ended(),
               log.substr(log.size() - std::min<std::size_t>(log.size(), 2000)));
    clients_->stop();
    count_clients();
    for (const auto& name : serving_) replicas_.kill(name);
    serving_.clear();
    start();
    for (int index = 0; index < 3; ++index) bring_in(figures);
  }

  void count_clients() {
    sent_ += clients_->sent();
    failed_ += clients_->failed();
    for (const auto& [error, count] : clients_->errors()) errors_[error] += count;
  }

  template <class T>
  T call(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }

  bool succeeded(const Result<void>& result, Figures& figures) {
    if (result) return true;
    ++figures.refused;
    ++figures.refusals[result.error().message];
    return false;
  }

  std::optional<world::Server> seen(const std::string& name) {
    const auto servers = call(balancer_->servers(haproxy_->backend()));
    if (!servers) return std::nullopt;
    const auto found = std::ranges::find(*servers, name, &world::Server::name);
    return found == servers->end() ? std::nullopt : std::optional{*found};
  }

  void bring_in(Figures& figures) {
    const auto name = fmt::format("teal-shop-api-r{}-0", ++revision_);
    ports::ServerSpec spec;
    spec.name = name;
    spec.address = replicas_.start(name);
    spec.health.timeout = 200ms;  // for more cycles
    const auto backend = haproxy_->backend();
    if (!succeeded(call(balancer_->attach(backend, std::move(spec))), figures)) return replicas_.kill(name);
    for (int i = 0; i < 400; ++i) {
      const auto server = seen(name);
      if (server && server->check_passed) break;
      std::this_thread::sleep_for(2ms);
    }
    succeeded(call(balancer_->admit(backend, name)), figures);
    serving_.push_back(name);
  }

  void take_out(Figures& figures) {
    if (serving_.size() < 3) return;
    const auto name = serving_.front();
    serving_.pop_front();
    const auto way = random_() % 4;
    if (way == 0) {
      replicas_.kill(name);
      ++figures.killed;
      std::this_thread::sleep_for(std::chrono::milliseconds{random_() % 60});
    } else if (way == 1) {
      replicas_.hang(name);
      ++figures.hanging;
      std::this_thread::sleep_for(std::chrono::milliseconds{random_() % 20});
    } else {
      succeeded(call(balancer_->drain(haproxy_->backend(), name)), figures);
      for (int i = 0; way == 3 && i < 200; ++i) {
        const auto server = seen(name);
        if (!server || server->sessions == 0) break;
        std::this_thread::sleep_for(2ms);
      }
    }
    succeeded(options_.deletes ? delete_server(name) : call(balancer_->detach(haproxy_->backend(), name, true)),
              figures);
    replicas_.kill(name);
  }

  // As Teal did it before, in any release.
  Result<void> delete_server(const std::string& name) {
    const auto where = haproxy_->backend() + "/" + slot_name(name);
    static_cast<void>(haproxy_->ask(fmt::format("set server {} state maint", where)));
    static_cast<void>(haproxy_->ask("shutdown sessions server " + where));
    for (int i = 0; i < 100; ++i) {
      if (haproxy::judge(haproxy_->ask("del server " + where))) return {};
      if (haproxy_->ended()) return {};
      std::this_thread::sleep_for(10ms);
      static_cast<void>(haproxy_->ask(fmt::format("set server {0} state drain;set server {0} state maint", where)));
    }
    return Error{ErrorCode::conflict, "not deleted within a second"};
  }

  std::string slot_name(const std::string& name) {
    const auto server = seen(name);
    return server && !server->slot.empty() ? server->slot : name;
  }

  const Options& options_;
  boost::asio::io_context loop_;
  Replicas replicas_;
  std::unique_ptr<HaproxyProcess> haproxy_;
  std::unique_ptr<ports::LoadBalancer> balancer_;
  std::unique_ptr<Clients> clients_;
  std::deque<std::string> serving_;
  std::mt19937 random_{20261130};
  int revision_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t failed_ = 0;
  std::map<std::string, std::uint64_t> errors_;
};

int stress(const Options& options) {
  const auto begun = Clock::now();
  Stress stress{options};
  fmt::print("{}; {}\n", stress.release(), options.deletes ? "servers are deleted all the same" : "as Teal drives it");
  std::fflush(stdout);
  const auto figures = stress.run();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begun).count();
  fmt::print(
      "{} cycles in {} s ({} replicas killed under load, {} hanging), {} calls refused, {} requests, {} failed, "
      "{} servers at the end, {} crashes\n",
      figures.cycles, seconds, figures.killed, figures.hanging, figures.refused, stress.sent(), stress.failed(),
      stress.entries(), figures.crashes);
  for (const auto& [error, count] : stress.errors()) fmt::print("  {} × {}\n", count, error);
  for (const auto& [refusal, count] : figures.refusals) fmt::print("  refused {} ×: {}\n", count, refusal);
  if (figures.cycles == 0 || stress.sent() == stress.failed()) return 1;
  return figures.crashes == 0 && (options.deletes || figures.refused == 0) ? 0 : 1;
}

}  // namespace
}  // namespace teal::test

int main(int count, char** arguments) {
  teal::test::Options options;
  CLI::App app{"Does HAProxy survive what Teal asks of it?"};
  app.add_option("--seconds", options.seconds)->check(CLI::Range(1, 7200));
  app.add_option("--cycles", options.cycles)->check(CLI::Range(1, 1'000'000));
  app.add_option("--clients", options.clients)->check(CLI::Range(1, 200));
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 64));
  app.add_option("--retries", options.retries)->check(CLI::Range(0, 10));
  app.add_option("--haproxy", options.haproxy, "its program");
  app.add_flag("--delete", options.deletes, "delete servers, whatever the release");
  CLI11_PARSE(app, count, arguments);
  return teal::test::stress(options);
}
