// Admissions come one after another, whoever asks; nobody keeps the turn.
#include <gtest/gtest.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/unit/controllers/stage_ports.hpp"

namespace teal::test {
namespace {

using namespace boost::asio::experimental::awaitable_operators;

// A store that takes its time, as real ones do.
class SlowStore final : public GatedStore {
 public:
  using GatedStore::GatedStore;
  awaitable<Result<void>> put(std::vector<records::ApplicationRecord> records, ports::CommitEntries entries) override {
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
    co_return co_await GatedStore::put(std::move(records), std::move(entries));
  }
};

class AdmissionTurn : public ::testing::Test {
 protected:
  AdmissionTurn() {
    stage.behind_store = &slow_;
    stage.start_teald();
    stage.application.spec.restart_on_change = true;
    stage.application.spec.env["KEY"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/key", {}};
    stage.apply();
  }

  awaitable<Result<void>> look(const std::string& fingerprint) {
    admission::ValuesSeen seen;
    seen.fingerprints["spec.env.KEY (file /etc/shop/key)"] = fingerprint;
    return stage.teald().values_seen("shop", std::move(seen));
  }

  Stage stage;

 private:
  Gate open_;
  SlowStore slow_{stage.store, open_};
};

awaitable<int> both(awaitable<Result<void>> one, awaitable<Result<void>> other) {
  const auto [first, second] = co_await (std::move(one) && std::move(other));
  co_return (first ? 1 : 0) + (second ? 1 : 0);
}

TEST_F(AdmissionTurn, IsGivenBackOnceTheValuesHaveBeenLookedAt) {
  auto wanted = stage.application;
  wanted.spec.version = "2";
  EXPECT_EQ(stage.wait(both(look("key:1"), stage.teald().apply(wanted, "ann", false))), 2);
  EXPECT_EQ(stage.store.application("shop")->application.spec.version, "2");
  EXPECT_TRUE(stage.store.application("shop")->values.known);
}

TEST_F(AdmissionTurn, IsGivenBackWhateverWasRefused) {
  stage.store.inject(FakeStore::Fault::Fail, 1, "put");
  EXPECT_EQ(stage.wait(both(look("key:1"), stage.teald().remove("nobody", "ann"))), 0);
  EXPECT_EQ(stage.wait(both(look("key:1"), stage.teald().remove("shop", "ann"))), 2);
  EXPECT_TRUE(stage.store.application("shop")->deleting);
}

}  // namespace
}  // namespace teal::test
