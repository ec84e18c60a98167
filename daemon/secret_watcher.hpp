// Watches the secrets and env files of applications with restartOnChange, and reports fingerprints of their content.
//
// Files are read when the kernel announces a change in their directories, and every ten seconds in case it does not;
// programs are run once a minute. A change counts once it has been seen twice with a pause in between, since a file may
// be half written. Values that cannot be read, or differ at each read, are reported as problems; the others still
// count.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "controllers/admission/values.hpp"
#include "controllers/ports/secrets.hpp"
#include "controllers/status/board.hpp"
#include "daemon/fingerprints.hpp"
#include "daemon/path_watch.hpp"

namespace teal::runtime {
class BlockingPool;
}  // namespace teal::runtime

namespace teal::daemon {

struct SecretWatcherOptions {
  const status::Board* board = nullptr;  // all of these outlive the watcher
  ports::Secrets* secrets = nullptr;
  runtime::BlockingPool* files = nullptr;
  const Fingerprints* fingerprints = nullptr;
  std::function<boost::asio::awaitable<Result<void>>(std::string application, admission::ValuesSeen seen)> tell;
  Duration settle = std::chrono::milliseconds{500};
  Duration look_every = std::chrono::seconds{10};
  Duration run_every = std::chrono::seconds{60};
};

class SecretWatcher {
 public:
  SecretWatcher(boost::asio::any_io_executor executor, SecretWatcherOptions options);

  // Both run until they are cancelled; both are needed.
  [[nodiscard]] boost::asio::awaitable<void> watch_files();
  [[nodiscard]] boost::asio::awaitable<void> watch_programs();

 private:
  struct Reading {
    std::string fingerprint;
    std::string problem;  // then there is no fingerprint
    bool operator==(const Reading&) const = default;
  };
  using Watched = std::map<std::string, std::vector<admission::WatchedSource>>;  // by application

  [[nodiscard]] Watched watched() const;
  boost::asio::awaitable<Reading> read(admission::WatchedSource source);
  boost::asio::awaitable<Reading> read_program(admission::WatchedSource source);
  boost::asio::awaitable<void> look(Watched all);
  boost::asio::awaitable<std::set<std::string>> folders(Watched all);
  boost::asio::awaitable<void> rest();

  SecretWatcherOptions options_;
  PathWatch paths_;
  boost::asio::steady_timer programs_timer_;
  std::map<std::string, Reading> programs_;            // by application and source
  std::map<std::string, admission::ValuesSeen> seen_;  // the last look, by application
  std::map<std::string, admission::ValuesSeen> told_;  // by application
  bool unsettled_ = false;                             // something is other than before, or not known yet
};

}  // namespace teal::daemon
