// The latest view of every application, for readers: API handlers read it and never wait for a reconcile.
//
// Single-threaded. resource_version increases by one with every change on the board, across all applications; it starts
// at the start time of this teald in milliseconds, so that it also increases across restarts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controllers/status/status.hpp"

namespace teal::status {

using SharedView = std::shared_ptr<const ApplicationView>;

struct Change {
  enum class Type { Added, Modified, Deleted };
  Type type = Type::Modified;
  SharedView view;
};

class Board {
 public:
  // Ends the subscription when it goes; may outlive the board.
  class Subscription {
   public:
    Subscription() = default;
    explicit Subscription(std::shared_ptr<void> handle) : handle_(std::move(handle)) {}

   private:
    std::shared_ptr<void> handle_;
  };

  explicit Board(std::uint64_t first_version) : version_(first_version) {}

  // Nothing happens when nothing changed but resource_version. Returns what is on the board now.
  SharedView publish(ApplicationView view);
  void remove(const std::string& name);

  [[nodiscard]] SharedView find(const std::string& name) const;  // null when there is none
  [[nodiscard]] std::vector<SharedView> list() const;            // by name
  [[nodiscard]] std::size_t size() const { return views_.size(); }
  [[nodiscard]] std::uint64_t version() const { return version_; }
  // The callback must not change the board.
  [[nodiscard]] Subscription subscribe(std::function<void(const Change&)> callback);

 private:
  void tell(const Change& change);

  std::map<std::string, SharedView> views_;
  std::vector<std::weak_ptr<std::function<void(const Change&)>>> subscribers_;
  std::uint64_t version_;
};

}  // namespace teal::status
