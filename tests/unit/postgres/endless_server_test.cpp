// A server that sends without end costs an error that says so, soon, and little memory.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "daemon/drivers/databases/postgres/connection.hpp"
#include "daemon/drivers/databases/postgres/postgres_database.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "tests/support/await.hpp"
#include "tests/support/endless_postgres.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Sends = EndlessPostgres::Sends;

// Bytes. What comes is counted every few milliseconds by another thread, which a busy machine lets wait, and a server
// on the same machine sends more than a gigabyte a second: the bound is for what goes on until the deadline.
constexpr long most_growth = 1L << 30;
constexpr auto soon = 8s;  // before the deadline of 10 s

long resident() {
  long all = 0;
  long pages = 0;
  std::ifstream{"/proc/self/statm"} >> all >> pages;
  return pages * ::sysconf(_SC_PAGESIZE);
}

// How far the memory of this process grows while it lives.
class Growth {
 public:
  [[nodiscard]] long most() const { return most_; }

 private:
  const long before_ = resident();
  std::atomic<long> most_ = 0;
  std::jthread thread_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      most_ = std::max(most_.load(), resident() - before_);
      std::this_thread::sleep_for(1ms);
    }
  }};
};

struct Case {
  std::string name;
  Sends sends;
  std::string says = postgres::answers_without_end;  // libpq gives some up by itself
};

class EndlessServer : public testing::TestWithParam<Case> {
 protected:
  static ports::DatabaseAccess access(const EndlessPostgres& server) {
    ports::DatabaseAccess access;
    access.target.host = "127.0.0.1";
    access.target.port = server.port();
    access.target.name = "shop";
    access.application = {"app", masking::Secret{"x"}};
    access.migration = {"dba", masking::Secret{"x"}};
    return access;
  }
  // Runs it and holds it to its bounds.
  template <class T>
  T within_bounds(const EndlessPostgres& server, const std::string& what, boost::asio::awaitable<T> task) {
    const auto begun = std::chrono::steady_clock::now();
    const Growth growth;
    auto done = await(loop_, std::move(task));
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    fmt::print("{} {}: the server got rid of {} KiB, memory grew by {} KiB, {} ms\n", GetParam().name, what,
               server.sent() >> 10, growth.most() >> 10, took.count());
    EXPECT_LT(growth.most(), most_growth);
    EXPECT_LT(took, soon);
    return done;
  }

  boost::asio::io_context loop_;
  runtime::BlockingPool pool_{2};
  std::unique_ptr<ports::Database> database_ = postgres::make_postgres(pool_, {.deadline = 10s});
};

TEST_P(EndlessServer, IsAnErrorThatSaysSoForALook) {
  const EndlessPostgres server{GetParam().sends};
  const auto view = within_bounds(server, "look", database_->look(access(server), ports::LedgerKey{}));
  ASSERT_FALSE(view);
  EXPECT_THAT(view.error().message,
              testing::AllOf(HasSubstr("database shop on 127.0.0.1"), HasSubstr(GetParam().says)));
  if (GetParam().says == postgres::answers_without_end) EXPECT_EQ(view.error().code, ErrorCode::invalid);
  EXPECT_LT(view.error().message.size(), 500U);
}

TEST_P(EndlessServer, IsAFindingThatBlocks) {
  const EndlessPostgres server{GetParam().sends};
  const auto findings =
      within_bounds(server, "preflight", database_->preflight(access(server), ports::LedgerKey{}, false));
  ASSERT_TRUE(findings);
  ASSERT_FALSE(findings->empty());
  for (const auto& finding : *findings) {
    EXPECT_THAT(finding.message, HasSubstr(GetParam().says));
    EXPECT_TRUE(finding.blocks);
    if (GetParam().says == postgres::answers_without_end) EXPECT_EQ(finding.reason, spec::Reason::AnswersWithoutEnd);
  }
}

INSTANTIATE_TEST_SUITE_P(Postgres, EndlessServer,
                         testing::Values(Case{"Rows", Sends::Rows}, Case{"OneValue", Sends::OneValue},
                                         Case{"ImpossibleValue", Sends::ImpossibleValue, "no answer of PostgreSQL's"},
                                         Case{"Columns", Sends::Columns}, Case{"Notices", Sends::Notices},
                                         Case{"OneError", Sends::OneError}, Case{"Errors", Sends::Errors},
                                         Case{"Parameters", Sends::Parameters},
                                         Case{"Notifications", Sends::Notifications},
                                         Case{"CopiedData", Sends::CopiedData, "it does not answer as PostgreSQL does"},
                                         Case{"GreetingParameters", Sends::GreetingParameters},
                                         Case{"GreetingNotices", Sends::GreetingNotices},
                                         Case{"GreetingError", Sends::GreetingError}),
                         [](const auto& info) { return info.param.name; });

// Nothing counts bytes there: it is the growth of memory that is bounded.
TEST(EndlessServerOnASocket, IsCutOffToo) {
  auto pattern = (std::filesystem::temp_directory_path() / "teal-endless-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  for (const auto sends : {Sends::Rows, Sends::OneValue, Sends::Errors, Sends::GreetingParameters}) {
    {
      const EndlessPostgres server{sends, folder.string()};
      boost::asio::io_context loop;
      runtime::BlockingPool pool{1};
      const auto database = postgres::make_postgres(pool, {.deadline = 20s});
      ports::DatabaseAccess access;
      access.target.host = folder.string();
      access.target.name = "shop";
      const Growth growth;
      const auto view = await(loop, database->look(access, ports::LedgerKey{}));
      ASSERT_FALSE(view);
      // On a machine that is slow at it the time for connecting is over first.
      const bool is_late = view.error().code == ErrorCode::timed_out;
      EXPECT_TRUE(is_late || view.error().code == ErrorCode::invalid) << view.error().message;
      EXPECT_THAT(view.error().message, HasSubstr(is_late ? "timeout expired" : postgres::answers_without_end));
      fmt::print("by a socket: the server got rid of {} KiB, memory grew by {} KiB\n", server.sent() >> 10,
                 growth.most() >> 10);
      EXPECT_LT(growth.most(), most_growth);
    }
    std::filesystem::remove(folder / ".s.PGSQL.5432");
  }
  std::filesystem::remove_all(folder);
}

TEST(SilentServer, IsLateAfterThreeSeconds) {
  const EndlessPostgres server{Sends::Nothing};
  boost::asio::io_context loop;
  runtime::BlockingPool pool{1};
  const auto database = postgres::make_postgres(pool, {});
  ports::DatabaseAccess access;
  access.target.host = "127.0.0.1";
  access.target.port = server.port();
  access.target.name = "shop";
  const auto begun = std::chrono::steady_clock::now();
  const auto view = await(loop, database->look(access, ports::LedgerKey{}));
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().code, ErrorCode::timed_out) << view.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, soon);
}

}  // namespace
}  // namespace teal::test
