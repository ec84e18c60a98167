// Many applications on one engine, through the reconciler's own passes: what it does for few at a time.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/unit/controllers/stage_ports.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

// Its pulls take until the test lets them end.
class BusyEngine final : public GatedEngine {
 public:
  explicit BusyEngine(ports::Engine& engine) : GatedEngine(engine, open(), [](const std::string&) {}) {}

  awaitable<Result<world::Image>> pull(std::string reference) override {
    begun.push_back(reference);
    most_at_once = std::max(most_at_once, ++under_way);
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, 1h};
    waiting_.push_back(&timer);
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    --under_way;
    co_return co_await GatedEngine::pull(std::move(reference));
  }
  // Of those under way the one that began first.
  void end_one() {
    waiting_.front()->cancel();
    waiting_.erase(waiting_.begin());
  }

  std::vector<std::string> begun;
  int under_way = 0;
  int most_at_once = 0;

 private:
  static Gate& open() {
    static Gate gate;
    return gate;
  }
  std::vector<boost::asio::steady_timer*> waiting_;
};

class EngineLimits : public ::testing::Test {
 protected:
  EngineLimits() {
    stage.concurrency = ports::EngineConcurrency{.starts = 1, .pulls = 1, .migrations = 1};
    stage.behind_engine = &engine;
    stage.on_wake = [this](const std::string& name) { woken.insert(name); };
    stage.start_teald();
  }

  // The first to come is the oldest; each has an image of its own.
  void install(const std::string& name) {
    spec::Application application = stage.application;
    application.name = name;
    application.spec.image = name;
    application.spec.migration = {};
    application.spec.components = {stage.application.spec.components.back()};
    stage.engine.add_remote_image(name + ":1", {"id-" + name, "digest-" + name});
    stage.clock.time += 1s;
    ASSERT_TRUE(stage.wait(stage.teald().apply(application, "ann", false)));
    names.push_back(name);
    look_at(name);
    look_at(name);
  }

  void look_at(const std::string& name) { static_cast<void>(stage.wait(stage.teald().reconcile(name))); }

  // What the dispatcher does with those that are woken, until nothing more comes of it.
  void follow() {
    for (int round = 0; round < 50; ++round) {
      static_cast<void>(stage.wait(settled()));
      const auto due = std::exchange(woken, {});
      if (due.empty()) return;
      for (const auto& name : due) look_at(name);
    }
  }

  std::string message(const std::string& name) {
    const auto found = latest_.find(name);
    return found == latest_.end() ? "" : found->second;
  }

  static awaitable<bool> settled() {
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, 1ms};
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_return true;
  }

  Stage stage;
  BusyEngine engine{stage.engine};
  std::set<std::string> woken;
  std::vector<std::string> names;
  std::map<std::string, std::string> latest_;

  void listen() {
    stage.on_view = [this](const status::ApplicationView& view) {
      latest_[view.record.application.name] = view.status.message;
    };
  }
};

TEST_F(EngineLimits, PullOneImageAfterAnotherTheOldestFirst) {
  listen();
  for (const auto* name : {"e", "d", "c", "b", "a"}) install(name);
  EXPECT_THAT(engine.begun, ElementsAre("e:1"));
  EXPECT_EQ(message("d"), "waits for its turn: 1 before it (to pull its image)");
  EXPECT_EQ(message("a"), "waits for its turn: 4 before it (to pull its image)");
  woken.clear();
  for (std::size_t done = 1; done <= names.size(); ++done) {
    ASSERT_EQ(engine.under_way, 1);
    engine.end_one();
    follow();
    if (done == names.size()) break;
    ASSERT_EQ(engine.begun.size(), done + 1) << "whose turn has come is woken";
    EXPECT_EQ(engine.begun.back(), names[done] + ":1");
  }
  EXPECT_EQ(engine.most_at_once, 1);
}

TEST_F(EngineLimits, OneThatIsDeletedKeepsNobodyWaiting) {
  listen();
  for (const auto* name : {"c", "b", "a"}) install(name);
  ASSERT_TRUE(stage.wait(stage.teald().remove("b", "ann")));
  look_at("b");
  look_at("b");
  woken.clear();
  engine.end_one();
  follow();
  EXPECT_THAT(engine.begun, ElementsAre("c:1", "a:1"));
}

TEST_F(EngineLimits, ANewTealdGoesOnWithThem) {
  listen();
  for (const auto* name : {"c", "b", "a"}) install(name);
  engine.begun.clear();
  stage.start_teald();  // the pull has ended with the one before
  for (const auto* name : {"a", "b", "c", "a", "b", "c"}) look_at(name);
  EXPECT_THAT(engine.begun, ElementsAre("a:1")) << "whoever is seen first";
  EXPECT_EQ(message("b"), "waits for its turn: 2 before it (to pull its image)");
  EXPECT_EQ(message("c"), "waits for its turn: 1 before it (to pull its image)");
}

}  // namespace
}  // namespace teal::test
