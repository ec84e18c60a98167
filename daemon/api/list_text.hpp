// Long responses are produced on the event loop in small slices, so that other work runs in between.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "daemon/api/list_pages.hpp"
#include "daemon/api/wake_signal.hpp"

namespace teal::api {

// Calls `item` with 0, 1, … `count` - 1. The loop is not held up for longer than one of them takes, or two
// milliseconds.
[[nodiscard]] boost::asio::awaitable<void> in_slices(std::size_t count, std::function<void(std::size_t)> item);

// A list, or a page of one, as JSON with a line's end; `item` appends the nth one.
[[nodiscard]] boost::asio::awaitable<std::string> list_text(std::string kind, std::uint64_t resource_version,
                                                            std::size_t count,
                                                            std::function<void(std::string&, std::size_t)> item,
                                                            MoreToCome more = {});
// The same of another outside, an empty list of which stands last in it.
[[nodiscard]] boost::asio::awaitable<std::string> filled_list(boost::json::object outside, std::size_t count,
                                                              std::function<void(std::string&, std::size_t)> item);

// Lists that are built per caller are built one at a time for each kind of door: whoever asks for many at
// once waits for himself.
class Turns {
 public:
  class Turn {
   public:
    explicit Turn(Turns* turns) : turns_(turns) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->give_back();
    }

   private:
    Turns* turns_;
  };

  // Held as long as the list is made.
  [[nodiscard]] boost::asio::awaitable<Turn> take();

 private:
  void give_back();

  bool is_taken_ = false;
  std::list<std::shared_ptr<WakeSignal>> waiting_;
};

}  // namespace teal::api
