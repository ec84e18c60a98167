// However many ask for all applications, each is written once for each change, and a list once for each version.
#include "daemon/api/shared_list.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "daemon/api/list_text.hpp"
#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

namespace asio = boost::asio;
using api::SharedList;

class SharedLists : public ::testing::Test {
 protected:
  void publish(const std::string& name, const std::string& message = "well") {
    status::ApplicationView view;
    view.record.application = sample_application(name);
    view.status.message = message;
    board_.publish(view);
  }

  using Asked = asio::awaitable<SharedList::Version>;
  void ask(Asked asked) {
    const auto nth = versions_.size();
    versions_.emplace_back();
    asio::co_spawn(loop_, std::move(asked),
                   [this, nth](const std::exception_ptr&, SharedList::Version version) { versions_[nth] = version; });
  }

  // What has been asked for, once it is there.
  std::vector<SharedList::Version> answers() {
    loop_.run();
    loop_.restart();
    return std::exchange(versions_, {});
  }

  static std::vector<std::string> names(const api::SharedText& text) {
    std::vector<std::string> all;
    const auto list = boost::json::parse(*text);
    for (const auto& item : list.at("items").as_array()) {
      all.emplace_back(item.at("metadata").at("name").as_string());
    }
    return all;
  }

  asio::io_context loop_;
  status::Board board_{1000};
  SharedList list_{board_};
  std::vector<SharedList::Version> versions_;
};

using Names = std::vector<std::string>;

TEST_F(SharedLists, AllWhoAskHoldOneText) {
  publish("shop");
  publish("blog");
  for (int i = 0; i < 200; ++i) ask(list_.text_for_all());
  const auto all = answers();
  for (const auto& one : all) EXPECT_EQ(one.text, all.front().text);
  EXPECT_EQ(names(all.front().text), (Names{"blog", "shop"}));
  EXPECT_EQ(all.front().resource_version, 1002u);
  EXPECT_TRUE(all.front().text->ends_with("]}\n"));
  ask(list_.text_for_all());
  EXPECT_EQ(answers().front().text, all.front().text) << "also later, while nothing changes";
}

TEST_F(SharedLists, OnlyWhatHasChangedIsWrittenAgain) {
  publish("shop");
  publish("blog");
  const auto shop = list_.object(board_.find("shop"));
  const auto blog = list_.object(board_.find("blog"));
  publish("shop", "changed");
  EXPECT_NE(list_.object(board_.find("shop")), shop);
  EXPECT_EQ(list_.object(board_.find("blog")), blog);
}

TEST_F(SharedLists, NobodyGetsAnOlderOneThanTheBoardWasWhenTheyAsked) {
  for (int i = 0; i < 3000; ++i) publish(std::to_string(i));
  ask(list_.text_for_all());
  loop_.poll_one();  // it has begun, and is not made in one go
  publish("new");
  const auto version = board_.version();
  ask(list_.text_for_all());
  const auto both = answers();
  EXPECT_EQ(both[0].resource_version, version - 1);
  EXPECT_EQ(both[1].resource_version, version);
  EXPECT_EQ(names(both[0].text).size(), 3000u);
  EXPECT_EQ(names(both[1].text).size(), 3001u);
}

TEST_F(SharedLists, ALongOneHoldsTheLoopUpForAMomentOnly) {
  for (int i = 0; i < 3000; ++i) publish(std::to_string(i));
  ask(list_.text_for_all());
  std::size_t turns = 0;
  while (loop_.run_one() != 0) ++turns;
  EXPECT_GT(turns, 5u);
  EXPECT_EQ(names(versions_.front().text).size(), 3000u);
}

TEST_F(SharedLists, WhatAWatchOfAllOrSomeBeginsWith) {
  publish("shop");
  publish("blog");
  const auto is_shop = [](const status::ApplicationView& view) { return view.record.application.name == "shop"; };
  ask(list_.beginning_for_all());
  ask(list_.beginning_for(is_shop));
  const auto all = answers();
  EXPECT_EQ(std::ranges::count(*all[0].text, '\n'), 2);
  EXPECT_TRUE(all[0].text->starts_with(R"({"type":"ADDED","object":{"apiVersion")")) << *all[0].text;
  EXPECT_EQ(std::ranges::count(*all[1].text, '\n'), 1);
}

TEST_F(SharedLists, WhatIsGoneIsForgotten) {
  publish("shop");
  const auto view = board_.find("shop");
  const auto weak = std::weak_ptr(list_.object(view));
  board_.remove("shop");
  EXPECT_TRUE(weak.expired());
  EXPECT_NE(list_.object(view), list_.object(view)) << "it is not remembered again";
}

TEST_F(SharedLists, ListsForOneAreMadeOneAfterTheOther) {
  api::Turns turns;
  std::vector<int> order;
  int at_once = 0;
  int most = 0;
  const auto one = [](asio::io_context& loop, api::Turns& its, std::vector<int>& done, int& now, int& highest,
                      int number) -> asio::awaitable<void> {
    const auto turn = co_await its.take();
    highest = std::max(highest, ++now);
    asio::steady_timer timer{loop, std::chrono::milliseconds{1}};
    co_await timer.async_wait(asio::use_awaitable);
    --now;
    done.push_back(number);
  };
  for (int i = 0; i < 5; ++i) asio::co_spawn(loop_, one(loop_, turns, order, at_once, most, i), asio::detached);
  loop_.run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(most, 1);
}

}  // namespace
}  // namespace teal::test
