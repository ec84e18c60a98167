// However many watch events, the store is asked once for all of them.
#include "daemon/api/event_feed.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

namespace asio = boost::asio;
using api::EventFeed;

class EventFeeds : public ::testing::Test {
 protected:
  void append(const std::string& application, int count = 1) {
    std::vector<records::Event> events(static_cast<std::size_t>(count));
    for (auto& event : events) event.application = application;
    asio::co_spawn(loop_, store_.append(std::move(events)), asio::detached);
    run();
  }

  void ask(std::int64_t after, const std::string& application = "", EventFeed::Clock::time_point earliest = {}) {
    ports::EventQuery query;
    query.after = after;
    query.application = application;
    const auto nth = answers_.size();
    answers_.emplace_back();
    asio::co_spawn(loop_, feed_.events(query, earliest),
                   [this, nth](const std::exception_ptr&, const Result<std::vector<ports::StoredEvent>>& found) {
                     for (const auto& stored : *found) answers_[nth].push_back(stored.sequence);
                   });
  }

  void run() {
    loop_.run();
    loop_.restart();
  }

  using Sequences = std::vector<std::int64_t>;
  asio::io_context loop_;
  FakeStore store_;
  EventFeed feed_{store_};
  std::vector<Sequences> answers_;
};

TEST_F(EventFeeds, TheStoreIsAskedOnceForAll) {
  append("shop", 3);
  for (int i = 0; i < 100; ++i) ask(1);
  run();
  EXPECT_EQ(store_.calls("events"), 1);
  for (const auto& answer : answers_) EXPECT_EQ(answer, (Sequences{2, 3}));
}

TEST_F(EventFeeds, WhatIsNewerThanTheLastLookIsLookedForAgain) {
  append("shop");
  ask(0);
  run();
  append("blog");
  append("shop");
  ask(1, "", EventFeed::Clock::now());
  ask(1, "shop");
  run();
  EXPECT_EQ(answers_[1], (Sequences{2, 3}));
  EXPECT_EQ(answers_[2], Sequences{3});
  EXPECT_EQ(store_.calls("events"), 2);
}

TEST_F(EventFeeds, WhoIsFarBehindIsAnsweredByTheStore) {
  append("shop", 100);
  append("blog", 2000);
  ask(0, "shop");
  ask(2050);
  run();
  EXPECT_EQ(answers_[0].size(), 100u) << "which are not among the newest thousand of all";
  EXPECT_EQ(answers_[1].size(), 50u);
  EXPECT_EQ(store_.calls("events"), 2);
  append("blog", 5000);
  ask(2101, "", EventFeed::Clock::now());
  run();
  EXPECT_EQ(answers_[2].back(), 7100) << "many at once leave no gap";
  EXPECT_EQ(answers_[2].size(), 500u);
}

}  // namespace
}  // namespace teal::test
