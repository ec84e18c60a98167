// Maintains images between rollouts: removes unused ones, and notices tags that have moved.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <string>

#include "controllers/ports/ports.hpp"
#include "controllers/status/board.hpp"

namespace teal::daemon {

struct ImageMaintenanceOptions {
  int keep = 3;  // images before the active one, of each application
  Duration check_tags = std::chrono::minutes{10};
  std::function<void(const records::Event&)> told;  // after the event is in the store
  std::function<void(const std::string&)> wake;     // its status may say something else now
};

// Everything that it is given outlives it. Failures are events, or tried again the next time; nothing depends on them.
class ImageMaintenance {
 public:
  ImageMaintenance(const ports::Ports& ports, const status::Board& board, ImageMaintenanceOptions options);

  // Images of this application that are superfluous; for after a rollout.
  [[nodiscard]] boost::asio::awaitable<void> prune(std::string application);
  // Runs until it is cancelled: asks the registries, now and then, what the tags of images that teald pulled name.
  [[nodiscard]] boost::asio::awaitable<void> watch_tags();
  // Once for every application.
  [[nodiscard]] boost::asio::awaitable<void> check_tags();

 private:
  boost::asio::awaitable<void> say(records::Event event);

  const ports::Ports& ports_;
  const status::Board& board_;
  ImageMaintenanceOptions options_;
  std::map<std::string, std::string> said_;  // by application: the digest that its tag was said to have moved to
};

}  // namespace teal::daemon
