// Between rollouts: images that nobody needs, and tags that have moved.
#include "daemon/image_maintenance.hpp"

#include <gmock/gmock.h>

#include "tests/support/await.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/set_clock.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TagRegistry final : public ports::Registry {
 public:
  boost::asio::awaitable<Result<ports::RegistryLogin>> login(std::string) override { co_return ports::RegistryLogin{}; }
  void refused(const std::string&) override {}
  boost::asio::awaitable<Result<std::string>> digest(std::string reference) override {
    asked.push_back(reference);
    if (now.empty()) co_return Error{ErrorCode::unavailable, "down"};
    co_return now;
  }
  std::string last_digest(const std::string&) const override { return now; }
  bool wants_signature(const std::string&) const override { return false; }
  boost::asio::awaitable<Result<void>> verify(std::string, std::string) override { co_return Result<void>{}; }
  bool is_verified(const std::string&, const std::string&) const override { return true; }
  std::string now = "sha256:2";
  std::vector<std::string> asked;
};

class ImageCareTest : public testing::Test {
 protected:
  ImageCareTest() {
    ports_.engines["local"] = &engine_;
    ports_.default_engine = "local";
    ports_.store = &store_;
    ports_.clock = &clock_;
    ports_.registry = &registry_;
    daemon::ImageMaintenanceOptions options;
    options.keep = 1;
    options.told = [this](const records::Event& event) {
      told_.push_back(std::string{to_string(event.reason)} + ": " + event.message);
    };
    options.wake = [this](const std::string& name) { woken_.push_back(name); };
    care_ = std::make_unique<daemon::ImageMaintenance>(ports_, board_, std::move(options));
  }
  void run(boost::asio::awaitable<void> task) {
    auto ended = [](boost::asio::awaitable<void> one) -> boost::asio::awaitable<bool> {
      co_await std::move(one);
      co_return true;
    };
    EXPECT_TRUE(await(loop_, ended(std::move(task))));
  }
  records::RolloutRecord complete(int number) {
    records::RolloutRecord record;
    record.application = "shop";
    record.course.target.number = number;
    record.course.target.application.name = "shop";
    record.course.target.application.spec.image = "registry.example/shop";
    record.course.target.application.spec.version = std::to_string(number);
    record.course.target.image_id = "i" + std::to_string(number);
    record.course.target.image_digest = "sha256:" + std::to_string(number);
    record.course.active = record.course.target;
    record.standing.phase = spec::Phase::Complete;
    record.pulled = true;
    engine_.add_image(record.course.target.image_id,
                      world::Image{record.course.target.image_id, record.course.target.image_digest});
    EXPECT_TRUE(await(loop_, store_.commit(record, {})));
    status::ApplicationView view;
    view.record.application = record.course.target.application;
    view.rollout = record;
    board_.publish(view);
    return record;
  }
  bool has(const std::string& image) { return await(loop_, engine_.image(image)).has_value(); }

  boost::asio::io_context loop_;
  SetClock clock_{Time{std::chrono::hours{1}}};
  FakeEngine engine_{clock_};
  FakeStore store_;
  TagRegistry registry_;
  ports::Ports ports_;
  status::Board board_{1};
  std::vector<std::string> told_;
  std::vector<std::string> woken_;
  std::unique_ptr<daemon::ImageMaintenance> care_;
};

TEST_F(ImageCareTest, RemovesWhatNobodyNeedsAndSaysSo) {
  for (int i = 1; i <= 3; ++i) complete(i);
  run(care_->prune("shop"));
  EXPECT_FALSE(has("i1"));
  EXPECT_TRUE(has("i2"));
  EXPECT_TRUE(has("i3"));
  EXPECT_THAT(told_, ElementsAre(HasSubstr("ImageRemoved: image registry.example/shop:1 of revision 1")));
  EXPECT_EQ(store_.all_events().size(), 1U);
  run(care_->prune("shop"));
  EXPECT_EQ(told_.size(), 1U) << "what is gone is not removed again";
}

TEST_F(ImageCareTest, WithoutTheStoreNothingIsRemoved) {
  for (int i = 1; i <= 3; ++i) complete(i);
  store_.inject(FakeStore::Fault::Fail, 1, "rollouts");
  run(care_->prune("shop"));
  EXPECT_TRUE(has("i1"));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(ImageCareTest, AMovedTagIsSaidOnceForEachDigest) {
  complete(1);
  registry_.now = "sha256:1";
  run(care_->check_tags());
  EXPECT_THAT(told_, IsEmpty());
  registry_.now = "sha256:2";
  run(care_->check_tags());
  run(care_->check_tags());
  registry_.now = "";
  run(care_->check_tags());
  EXPECT_THAT(told_,
              ElementsAre("TagMoved: registry.example/shop:1 names sha256:2 now; revision 1 keeps running sha256:1"));
  EXPECT_THAT(woken_, ElementsAre("shop"));
}

TEST_F(ImageCareTest, OnlyTagsOfImagesThatTealdPulledAreAskedFor) {
  auto record = complete(1);
  record.pulled = false;
  status::ApplicationView view;
  view.record.application = record.course.target.application;
  view.rollout = record;
  board_.publish(view);
  run(care_->check_tags());
  EXPECT_THAT(registry_.asked, IsEmpty());
}

}  // namespace
}  // namespace teal::test
