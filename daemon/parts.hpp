// Everything external that teald.yaml names, created by its drivers, as the controllers' ports.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controllers/ports/ports.hpp"
#include "daemon/config/config.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/descriptor.hpp"

namespace teal::notifications {
class Notifier;
}  // namespace teal::notifications

namespace teal::daemon {

// All of it outlives the parts.
struct PartsWorld {
  boost::asio::any_io_executor executor;
  ports::Clock* clock = nullptr;
  ports::Telemetry* telemetry = nullptr;
  runtime::BlockingPool* files = nullptr;
  // Something has changed in an application (empty: maybe in any).
  std::function<void(std::string application)> changed;
  // "engine local" answers, or does not and why; each change once.
  std::function<void(const std::string& what, bool up, const std::string& why)> answers;
  std::function<void(const std::string& problem)> warn;
  // An event that a part has put into the store.
  std::function<void(const records::Event&)> told;
};

class Parts {
 public:
  struct Task {
    std::string name;
    boost::asio::awaitable<void> work;
  };

  Parts(const config::DaemonConfig& config, PartsWorld world);
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  // Makes all of them, in the order in which they need each other. Errors: the first part that cannot be made.
  [[nodiscard]] boost::asio::awaitable<Result<void>> open();

  // From here on: once it is open.
  [[nodiscard]] const ports::Ports& ports() const { return ports_; }
  [[nodiscard]] const std::string& key_file() const { return store_.key_file; }
  [[nodiscard]] notifications::Notifier& notifier() { return *notifier_; }
  // What runs beside the parts; once.
  [[nodiscard]] std::vector<Task> take_tasks() { return std::move(tasks_); }
  // Hands on what is left to be told of, for at most so long; also when it is not open.
  [[nodiscard]] boost::asio::awaitable<void> flush(Duration limit);

 private:
  [[nodiscard]] drivers::DriverContext context(const std::string& what = {});
  boost::asio::awaitable<Result<void>> open_store();
  bool claim_owner(const std::string& owner);
  Result<void> make_engines();
  Result<void> make_load_balancers();
  Result<void> make_optional_parts();
  Result<void> make_notifier();
  void add_tasks(const std::string& name, drivers::Tasks tasks);

  const config::DaemonConfig& config_;
  PartsWorld world_;
  std::deque<runtime::BlockingPool> pools_;  // before the parts, which use their threads
  drivers::Part<ports::Secrets> secrets_;
  drivers::StorePart store_;
  drivers::Part<ports::Registry> registry_;
  drivers::Part<ports::Analyst> analyst_;
  drivers::Part<ports::Database> database_;
  drivers::TracerPart tracer_;
  std::vector<std::unique_ptr<ports::Engine>> engines_;
  std::vector<std::unique_ptr<ports::LoadBalancer>> load_balancers_;
  std::unique_ptr<notifications::Notifier> notifier_;
  std::string owner_;
  std::map<std::string, runtime::Descriptor> claims_;  // by owner
  ports::Ports ports_;
  std::vector<Task> tasks_;
};

}  // namespace teal::daemon
