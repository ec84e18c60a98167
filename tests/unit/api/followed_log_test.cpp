// One container, many who follow it.
#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

class FollowedLog : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    start();
    record_ = sample_rollout("shop", 1);
    record_.jobs.front().state = records::JobState::Running;
    commit(record_);
    on_loop([&] {
      publish_rollout();
      control_.live[container] = "one\n";
    });
  }

  void publish_rollout() {
    status::ApplicationView view;
    view.record.application = sample_application("shop");
    view.rollout = record_;
    board_.publish(view);
  }

  std::unique_ptr<Socket> follow() const {
    auto socket = std::make_unique<Socket>(socket_);
    socket->send("GET /apis/teal/v1/rollouts/shop-1/logs?job=default&follow=true HTTP/1.1\r\nHost: x\r\n\r\n");
    return socket;
  }

  int asked() {
    int count = 0;
    on_loop([&] { count = control_.live_logs; });
    return count;
  }

  const std::string container = "teal-shop-default-r1-2";
  records::RolloutRecord record_;
};

TEST_F(FollowedLog, TheEngineIsAskedOnceHoweverManyFollow) {
  std::vector<std::unique_ptr<Socket>> followers;
  for (int i = 0; i < 40; ++i) followers.push_back(follow());
  for (const auto& follower : followers) EXPECT_TRUE(follower->read_until("one\n").ends_with("one\n"));
  const auto begun = std::chrono::steady_clock::now();
  const auto before = asked();
  std::this_thread::sleep_for(1s);
  on_loop([&] { control_.live[container] = "one\ntwo\n"; });
  for (const auto& follower : followers) EXPECT_TRUE(follower->read_until("two\n").ends_with("two\n"));
  const auto looks = (std::chrono::steady_clock::now() - begun) / 250ms;
  EXPECT_LE(asked() - before, looks + 1);
  followers.clear();
  std::this_thread::sleep_for(1500ms);  // who has gone is noticed within a second
  const auto after = asked();
  std::this_thread::sleep_for(600ms);
  EXPECT_EQ(asked(), after) << "nobody follows it any more";
}

TEST_F(FollowedLog, ManyWhoReadItAtOnceShareALook) {
  on_loop([&] { control_.live_log_takes = 300ms; });
  std::vector<std::unique_ptr<Socket>> readers;
  for (int i = 0; i < 40; ++i) {
    readers.push_back(std::make_unique<Socket>(socket_));
    readers.back()->send("GET /apis/teal/v1/rollouts/shop-1/logs?job=default HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  for (const auto& reader : readers) EXPECT_TRUE(reader->read_until("one\n\n").ends_with("one\n"));
  EXPECT_LE(asked(), 3) << "one that was under way when most came, and one for all of them";
}

TEST_F(FollowedLog, OneThatComesLaterGetsAllOfIt) {
  const auto first = follow();
  EXPECT_TRUE(first->read_until("one\n").ends_with("one\n"));
  on_loop([&] { control_.live[container] = "one\ntwo\n"; });
  EXPECT_TRUE(first->read_until("two\n").ends_with("two\n"));
  const auto second = follow();
  EXPECT_NE(second->read_until("two\n").find("one\ntwo\n"), std::string::npos);
  on_loop([&] {
    control_.live[container] = "one\ntwo\nthree";
    record_.jobs.front().state = records::JobState::Succeeded;
    publish_rollout();
  });
  for (auto* follower : {first.get(), second.get()}) {
    EXPECT_EQ(follower->read_until("0\r\n\r\n"), "\r\n5\r\nthree\r\n0\r\n\r\n") << "the end is looked at by all";
  }
}

}  // namespace
}  // namespace teal::test
