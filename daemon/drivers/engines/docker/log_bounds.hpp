// Which limits of a container's kept output the engine's owner has left to us.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "daemon/drivers/engines/docker/api.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::docker {

// What is true has to be said, since nobody else does: json-file without limits fills the disk.
struct LogBounds {
  bool size = false;   // of a file
  bool files = false;  // how many of them

  bool operator==(const LogBounds&) const = default;
};

// From a container that was made without a word about logs: the engine shows it with its owner's defaults. Every driver
// but json-file was chosen by the owner, and bounds itself or keeps nothing here.
[[nodiscard]] LogBounds bounds_left(const boost::json::value& inspected);

// The engine tells its defaults in no other way: a container that is never started is made of the image and removed
// again. What was seen counts for ten seconds, about as long as a restart of the engine takes, which may change it.
class LogDefaults {
 public:
  // Both outlive it; the owner may change.
  LogDefaults(Api& api, const std::string& owner) : api_(api), owner_(owner) {}

  // Removes what a teald that was killed during a look has left, once.
  [[nodiscard]] boost::asio::awaitable<void> sweep();

  // Where the engine's own access rules forbid the look nothing is left to us. `labels_of_image`: keys. Errors: the
  // engine's.
  [[nodiscard]] boost::asio::awaitable<Result<LogBounds>> left(std::string image_id,
                                                               std::vector<std::string> labels_of_image);

 private:
  boost::asio::awaitable<Result<LogBounds>> look(std::string image_id, std::vector<std::string> labels_of_image);
  boost::asio::awaitable<Result<LogBounds>> inspect_and_remove(std::string id);
  boost::asio::awaitable<bool> remove_forgotten();

  Api& api_;
  const std::string& owner_;
  bool is_swept_ = false;
  int looks_ = 0;  // under way
  std::optional<LogBounds> seen_;
  std::chrono::steady_clock::time_point seen_until_;
};

}  // namespace teal::docker
