// All applications as text, produced once however many clients ask for it, and shared by all who are still reading it.
//
// Each application's object is serialized once per change; a list is assembled from those, once per version of the
// board. Single-threaded; never blocks the event loop for long. The board outlives it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "controllers/status/board.hpp"
#include "daemon/api/message.hpp"
#include "daemon/api/wake_signal.hpp"

namespace teal::api {

class SharedList {
 public:
  struct Version {
    SharedText text;
    std::uint64_t resource_version = 0;  // what it shows: not older than the board was when it was asked for
  };
  using Shown = std::function<bool(const status::ApplicationView&)>;

  explicit SharedList(status::Board& board);
  SharedList(const SharedList&) = delete;
  SharedList& operator=(const SharedList&) = delete;

  // An ApplicationList of all.
  [[nodiscard]] boost::asio::awaitable<Version> text_for_all();
  // What a watch of all begins with: a line ADDED for each.
  [[nodiscard]] boost::asio::awaitable<Version> beginning_for_all();
  // The same of some only. Built per caller, from the same objects.
  [[nodiscard]] boost::asio::awaitable<Version> beginning_for(Shown shown);

  // One application's object.
  [[nodiscard]] SharedText object(const status::SharedView& view);
  // Afterwards the objects of these are at hand.
  [[nodiscard]] boost::asio::awaitable<void> prepare(std::vector<status::SharedView> views);

 private:
  using Make = boost::asio::awaitable<Version> (SharedList::*)(std::vector<status::SharedView>, std::uint64_t);
  struct Kind {
    Version newest;
    bool is_made = false;  // at this moment
    WakeSignal made;
  };
  struct Object {
    status::SharedView view;
    SharedText text;
  };

  [[nodiscard]] boost::asio::awaitable<Version> list_of(std::vector<status::SharedView> views, std::uint64_t version);
  [[nodiscard]] boost::asio::awaitable<Version> beginning_of(std::vector<status::SharedView> views,
                                                             std::uint64_t version);
  [[nodiscard]] boost::asio::awaitable<Version> once(Kind& kind, Make make);

  status::Board& board_;
  std::map<std::string, Object> objects_;  // of applications that are there
  Kind list_;
  Kind beginning_;
  status::Board::Subscription subscription_;
};

}  // namespace teal::api
