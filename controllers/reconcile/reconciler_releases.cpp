// What engines and load balancers say of themselves. One that hangs keeps nobody waiting for long.
#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "controllers/reconcile/reconciler.hpp"

namespace teal::reconcile {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

constexpr Duration release_patience = 2s;

struct ReleasesAsked {
  explicit ReleasesAsked(const boost::asio::any_io_executor& executor) : all_answered(executor) {}

  std::vector<objects::VersionEngine> engines;
  std::vector<objects::VersionEngine> load_balancers;
  std::size_t open = 0;
  boost::asio::steady_timer all_answered;
};
using ReleasesAskedPtr = std::shared_ptr<ReleasesAsked>;

using ReleasesOfKind = std::vector<objects::VersionEngine> ReleasesAsked::*;

template <class Port>
awaitable<void> ask_release(ReleasesAskedPtr asked, ReleasesOfKind kind, std::size_t index, Port* port) {
  auto release = co_await port->release();
  auto& told = ((*asked).*kind).at(index);
  told.message = release ? std::move(release->remark) : std::move(release.error().message);
  if (release) told.version = std::move(release->name);
  if (--asked->open == 0) asked->all_answered.cancel();
}

objects::VersionEngine silent(const std::string& name) {
  return {name, {}, fmt::format("has not answered within {}", format_duration(release_patience))};
}

}  // namespace

awaitable<requests::Releases> Reconciler::releases() {
  const auto asked = std::make_shared<ReleasesAsked>(co_await boost::asio::this_coro::executor);
  for (const auto& [name, engine] : ports_.engines) asked->engines.push_back(silent(name));
  for (const auto& [name, port] : ports_.load_balancers) asked->load_balancers.push_back(silent(name));
  asked->open = asked->engines.size() + asked->load_balancers.size();
  asked->all_answered.expires_after(release_patience);
  std::size_t index = 0;
  for (const auto& [name, engine] : ports_.engines)
    hooks_.spawn("release of engine " + name, ask_release(asked, &ReleasesAsked::engines, index++, engine));
  index = 0;
  for (const auto& [name, port] : ports_.load_balancers)
    hooks_.spawn("release of load balancer " + name,
                 ask_release(asked, &ReleasesAsked::load_balancers, index++, port.load_balancer));
  if (asked->open > 0) co_await asked->all_answered.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return requests::Releases{asked->engines, asked->load_balancers};
}

}  // namespace teal::reconcile
