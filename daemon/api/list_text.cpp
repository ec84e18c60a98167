#include "daemon/api/list_text.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>
#include <chrono>

#include "daemon/api/objects.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {

namespace asio = boost::asio;

asio::awaitable<void> in_slices(std::size_t count, std::function<void(std::size_t)> item) {
  using Clock = std::chrono::steady_clock;
  auto slice_end = Clock::now() + std::chrono::milliseconds(2);
  for (std::size_t i = 0; i < count; ++i) {
    item(i);
    if (Clock::now() < slice_end) continue;
    co_await asio::post(asio::use_awaitable);
    slice_end = Clock::now() + std::chrono::milliseconds(2);
  }
}

asio::awaitable<std::string> list_text(std::string kind, std::uint64_t resource_version, std::size_t count,
                                       std::function<void(std::string&, std::size_t)> item, MoreToCome more) {
  return filled_list(list_object(kind, resource_version, {}, more), count, std::move(item));
}

asio::awaitable<std::string> filled_list(boost::json::object outside_object, std::size_t count,
                                         std::function<void(std::string&, std::size_t)> item) {
  const std::string outside = wire::json_text(outside_object);
  const auto inside = outside.rfind("[]") + 1;
  std::string text = outside.substr(0, inside);
  const auto append = [&](std::size_t nth) {
    if (nth != 0) text += ',';
    item(text, nth);
  };
  co_await in_slices(count, append);
  text += outside.substr(inside);
  text += '\n';
  co_return text;
}

asio::awaitable<Turns::Turn> Turns::take() {
  while (is_taken_) {
    const auto mine = std::make_shared<WakeSignal>();
    waiting_.push_back(mine);
    co_await mine->wait();
    waiting_.remove(mine);
  }
  is_taken_ = true;
  co_return Turn{this};
}

void Turns::give_back() {
  is_taken_ = false;
  if (!waiting_.empty()) waiting_.front()->ring();
}

}  // namespace teal::api
