#include "daemon/access/denial_recorder.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "daemon/runtime/metrics.hpp"
#include "tests/support/await.hpp"
#include "tests/support/fake_store.hpp"

namespace teal::access {
namespace {

boost::asio::awaitable<int> flush(DenialRecorder& recorder) {
  co_await recorder.flush();
  co_return 0;
}

TEST(DenialRecorder, AFloodOfStrangersLeavesTheDenialsOfThoseWhoAreKnownAsTheyWere) {
  boost::asio::io_context loop;
  test::FakeStore store;
  runtime::Metrics metrics;
  DenialRecorder recorder{loop.get_executor(), store, metrics};
  for (int source = 0; source < 500; ++source) {
    for (int i = 0; i < 20; ++i) {
      records::Requester stranger;
      stranger.name = "anonymous";
      stranger.from = fmt::format("10.0.{}.{}:40000", source / 250, source % 250);
      recorder.denied(stranger, 401, "");
    }
  }
  records::Requester known;
  known.name = "os";
  known.proof = "token";
  known.from = "10.1.2.3:40122";
  known.method = "DELETE";
  known.path = "/apis/teal/v1/applications/blog";
  recorder.denied(known, 403, "blog");
  test::await(loop, flush(recorder));
  ports::AuditQuery query;
  query.limit = 5000;
  const auto found = test::await(loop, store.audit(query));
  ASSERT_TRUE(found);
  const auto entry = std::ranges::find_if(*found, [](const auto& each) { return each.by.name == "os"; });
  ASSERT_NE(entry, found->end());
  EXPECT_EQ(entry->application, "blog");
  EXPECT_EQ(entry->by.path, known.path);
  std::int64_t all = 0;
  for (const auto& each : *found) all += each.count;
  EXPECT_EQ(all, 500 * 20 + 1) << "nothing is left out of the counts";
}

}  // namespace
}  // namespace teal::access
