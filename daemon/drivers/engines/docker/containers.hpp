// Reads our containers: what the inventory says has to be read, and no more.
//
// `list` asks the engine for what there is and inspects what is not as it was last read; `kept` asks for nothing that
// is not marked, as long as the engine's events are followed. Inspections go on side by side, a few at a time in all;
// one that takes long gives its place to the next, so that a container that hangs holds up nobody else.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/world/container.hpp"
#include "daemon/drivers/engines/docker/api.hpp"
#include "daemon/drivers/engines/docker/events.hpp"
#include "daemon/drivers/engines/docker/inventory.hpp"
#include "daemon/drivers/engines/docker/places.hpp"

namespace teal::docker {

// Of whichever owner, and of one. Empty: of all applications.
[[nodiscard]] std::vector<std::string> labels_of_any(const std::string& application);
[[nodiscard]] std::vector<std::string> labels_of_owner(const std::string& owner, const std::string& application);

// Lists them into the inventory. Returns what no event has told of. Errors: the engine's.
[[nodiscard]] boost::asio::awaitable<Result<std::vector<Inventory::Drift>>> read_list(Api& api, Inventory& inventory,
                                                                                      std::string application);

class Containers {
 public:
  using Answer = Result<std::vector<world::Container>>;

  // All of them outlive it.
  Containers(boost::asio::any_io_executor executor, Api& api, Inventory& inventory, Witness& witness,
             Duration inspect_deadline);
  ~Containers();
  Containers(const Containers&) = delete;
  Containers& operator=(const Containers&) = delete;

  // Not older than the call. Empty: of all applications. Errors: the engine's.
  [[nodiscard]] boost::asio::awaitable<Answer> list(std::string application);
  // Not older than our own last change, and than what the events have told of.
  [[nodiscard]] boost::asio::awaitable<Answer> kept(std::string application);
  [[nodiscard]] std::vector<world::Stranger> strangers(const std::string& application) const;
  [[nodiscard]] std::map<std::string, std::vector<world::Container>> of_others(const std::string& application) const;
  // It is removed.
  void gone(const std::string& id);

 private:
  struct Failed {
    std::string id;
    Error error;
  };
  boost::asio::awaitable<Result<void>> take_list(std::string application);
  boost::asio::awaitable<Result<void>> take_list_of_all();
  boost::asio::awaitable<Result<boost::json::value>> ask_about(std::string id, Duration deadline);
  boost::asio::awaitable<void> inspect(std::string id, std::shared_ptr<std::vector<Failed>> failed);
  boost::asio::awaitable<std::shared_ptr<std::vector<Failed>>> inspect_due(std::string application);
  boost::asio::awaitable<Answer> read(std::string application);
  struct PastReading {
    Time since;
    std::optional<Result<void>> result;  // once it is over
  };
  boost::asio::awaitable<Result<void>> read_past(Time since);
  // Errors: the engine's, when what it remembers of them cannot be read.
  boost::asio::awaitable<Result<void>> learn_past(std::string application);
  // Of jobs that have ended and whose `die` event the engine has no room for any more: its record holds 256 of all
  // containers' together, which a minute of health checks fills.
  boost::asio::awaitable<Result<void>> learn_ends(std::string application);
  [[nodiscard]] bool is_stuck(const std::string& application);
  [[nodiscard]] std::vector<Inventory::Item*> items_of(const std::string& application);

  boost::asio::any_io_executor executor_;
  Api& api_;
  Inventory& inventory_;
  Witness& witness_;
  Duration inspect_deadline_;
  Places places_;
  std::set<std::string> stuck_;  // ids of containers that the engine, which answers, could not inspect the last time
  bool is_listing_ = false;      // all, for everybody who waits for it
  WakeSignal listed_;
  WakeSignal followed_;
  std::shared_ptr<PastReading> next_past_;  // that has not begun
  bool is_reading_past_ = false;
  WakeSignal past_read_;
};

}  // namespace teal::docker
