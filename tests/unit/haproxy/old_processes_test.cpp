// What a master says of HAProxy's old processes, and what is said of a socket that is not what it was taken for.
#include "daemon/drivers/load_balancers/haproxy/old_processes.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"
#include "tests/support/await.hpp"
#include "tests/support/set_clock.hpp"
#include "tests/unit/haproxy/scripted_runtime.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const std::string no_such_command =
    "Unknown command, but maybe one of the following ones is a better match:\n  help [<command>] : list\n\n";
const std::string header = "# pxname,svname,qcur,scur,status,type,check_status,last_chk,addr,\n";

struct Row {
  std::string name;
  int sessions = 0;
  int mask = 0;  // 8: draining
};

// As a process with these servers answers "show info;show servers state shop;show stat shop 4 -1".
std::string process(int pid, int connections, const std::vector<Row>& rows) {
  auto text = fmt::format("Name: HAProxy\nPid: {}\nUptime_sec: 7\nCurrConns: {}\n\n1\n# srv_name srv_admin_state\n",
                          pid, connections);
  for (const auto& row : rows) text += fmt::format("{} {}\n", row.name, row.mask);
  text += "\n" + header;
  for (const auto& row : rows) {
    text += fmt::format("shop,{},0,{},{},2,L7OK,,127.0.0.1:8000,\n", row.name, row.sessions,
                        row.mask == 0 ? "UP" : "DRAIN");
  }
  return text + "\n";
}

// As one answers that is asked whose its servers are, of which none is a slot.
std::string nobodys(const std::string& line, int pid) {
  auto text = line.starts_with("show info") ? fmt::format("Name: HAProxy\nPid: {}\n\n", pid) : std::string{};
  for (auto at = line.find("get var"); at != std::string::npos; at = line.find("get var", at + 1)) {
    text += "Variable not found.\n\n";
  }
  return text;
}
bool asks_whose(const std::string& line) { return line.find("get var") != std::string::npos; }

class OldProcesses : public testing::Test {
 protected:
  OldProcesses() {
    worker_.answer([this](const std::string& line) {
      if (asks_whose(line)) return nobodys(line, 12);
      return line.starts_with("show proc") ? no_such_command : present_;
    });
    master_.answer([this](const std::string& line) -> std::string {
      if (line == "show proc") return processes_;
      for (const auto& [pid, text] : old_) {
        if (line.starts_with("@!" + pid))
          return asks_whose(line) ? (whose_.empty() ? nobodys(line, 11) : whose_) : text;
      }
      return line.starts_with("@!") ? "Can't find the target PID matching the prefix '@!1'\n" : no_such_command;
    });
  }

  haproxy::HaproxyOptions options() {
    haproxy::HaproxyOptions options;
    options.socket_path = worker_.path();
    options.master_path = master_.path();
    options.clock = &clock_;
    return options;
  }
  Result<std::vector<world::Server>> look() { return look(options()); }
  Result<std::vector<world::Server>> look(haproxy::HaproxyOptions options) {
    balancer_ = haproxy::make_haproxy(std::move(options));
    return await(loop_, balancer_->servers("shop"));
  }
  world::Leftover leftover() { return balancer_->leftover("shop"); }

  boost::asio::io_context loop_;
  SetClock clock_;
  ScriptedRuntime worker_{loop_};
  ScriptedRuntime master_{loop_};
  std::string whose_;  // what the old process says of whose its servers are; empty: of none anything
  std::string present_ = process(12, 1, {{"a", 1}});
  std::map<std::string, std::string> old_{{"11", process(11, 2, {{"a", 2, 8}, {"b", 1, 8}, {"c", 0, 8}})}};
  std::string processes_ =
      "#<PID>          <type>          <reloads>       <uptime>        <version>      \n"
      "9               master          2 [failed: 0]   0d00h00m21s     2.6.12-1+deb12u4\n# workers\n"
      "12              worker          0               0d00h00m01s     2.6.12-1+deb12u4\n# old workers\n"
      "11              worker          1               0d00h00m03s     2.6.12-1+deb12u4\n# programs\n\n";
  std::unique_ptr<ports::LoadBalancer> balancer_;
};

TEST_F(OldProcesses, SessionsOfAllProcessesCount) {
  const auto servers = look();
  ASSERT_TRUE(servers) << servers.error().message;
  ASSERT_EQ(servers->size(), 1u);
  EXPECT_EQ(servers->front().sessions, 3);
  EXPECT_THAT(leftover().sessions, ElementsAre(Pair("b", 1))) << "the present process has no such server";
  EXPECT_FALSE(leftover().uncounted_before);
}

TEST_F(OldProcesses, ASlotThereCountsForTheReplicaThatHasIt) {
  old_["11"] = process(11, 1, {{"a", 2, 8}});
  whose_ = "proc.teal.shop.a: type=str value=<b/1000/0>\n\n";
  present_ = process(12, 1, {{"b", 1}});
  const auto servers = look();
  ASSERT_TRUE(servers) << servers.error().message;
  ASSERT_EQ(servers->size(), 1u);
  EXPECT_EQ(servers->front().name, "b");
  EXPECT_EQ(servers->front().sessions, 3);
  EXPECT_THAT(leftover().sessions, IsEmpty());
}

TEST_F(OldProcesses, AConnectionThatIsKeptOpenMayBringOneMoreRequestToAServerThatIsOpenThere) {
  old_["11"] = process(11, 4, {{"b", 0, 0}, {"c", 0, 8}});
  ASSERT_TRUE(look());
  EXPECT_THAT(leftover().sessions, ElementsAre(Pair("b", 4)));
}

TEST_F(OldProcesses, OneThatHasEndedMeanwhileHasNothing) {
  old_.clear();
  ASSERT_TRUE(look());
  EXPECT_THAT(leftover().sessions, IsEmpty());
  EXPECT_FALSE(leftover().uncounted_before);
}

TEST_F(OldProcesses, OneThatHadNoSuchBackendHasNothing) {
  old_["11"] = "Name: HAProxy\nPid: 11\nCurrConns: 1\n\nCan't find backend.\n\nNo such proxy.\n\n";
  ASSERT_TRUE(look());
  EXPECT_THAT(leftover().sessions, IsEmpty());
}

TEST_F(OldProcesses, AnAnswerOfOneThatIsCutShortMeansThatNobodyCounts) {
  old_["11"].resize(old_["11"].size() - 20);
  const auto servers = look();
  ASSERT_TRUE(servers) << servers.error().message;
  EXPECT_EQ(leftover().uncounted_before, clock_.now() - 7s) << "when the present process began";
  EXPECT_THAT(leftover().why, HasSubstr("old process 11"));
}

// Seen with 3.2, of one that ends at this very moment.
TEST_F(OldProcesses, AnEmptyAnswerOfOneMeansThatNobodyCounts) {
  old_["11"] = "\n";
  const auto servers = look();
  ASSERT_TRUE(servers) << servers.error().message;
  EXPECT_EQ(leftover().uncounted_before, clock_.now() - 7s);
  EXPECT_THAT(leftover().why, HasSubstr("old process 11"));
}

TEST_F(OldProcesses, AMasterThatDoesNotAnswerMeansThatNobodyCounts) {
  master_.stop();
  ASSERT_TRUE(look());
  EXPECT_EQ(leftover().uncounted_before, clock_.now() - 7s);
  EXPECT_THAT(leftover().why, AllOf(HasSubstr("haproxy.master"), HasSubstr(master_.path())));
}

TEST_F(OldProcesses, WithoutAMasterNobodyCountsAndTheMessageSaysWhatToType) {
  auto without = options();
  without.master_path.clear();
  ASSERT_TRUE(look(without));
  EXPECT_EQ(leftover().uncounted_before, clock_.now() - 7s);
  EXPECT_THAT(leftover().why, HasSubstr("haproxy: {master: unix:…}"));
}

TEST_F(OldProcesses, TheSocketOfAWorkerIsNoMaster) {
  auto swapped = options();
  swapped.master_path = swapped.socket_path;
  const auto servers = look(swapped);
  ASSERT_FALSE(servers);
  EXPECT_EQ(servers.error().code, ErrorCode::invalid);
  EXPECT_THAT(servers.error().message, AllOf(HasSubstr("haproxy.master unix:" + worker_.path()),
                                             HasSubstr("not of the master"), HasSubstr("haproxy -W -S")));
}

TEST_F(OldProcesses, TheSocketOfAMasterIsNoWorkers) {
  auto swapped = options();
  swapped.socket_path = swapped.master_path;
  const auto servers = look(swapped);
  ASSERT_FALSE(servers);
  EXPECT_EQ(servers.error().code, ErrorCode::invalid);
  EXPECT_THAT(servers.error().message, AllOf(HasSubstr("haproxy.socket unix:" + master_.path()),
                                             HasSubstr("HAProxy's master"), HasSubstr("stats socket")));
}

TEST_F(OldProcesses, SomethingElseAtEitherSocketIsShown) {
  present_ = "HTTP/1.1 400 Bad Request\r\n\r\n";
  EXPECT_THAT(look().error().message, AllOf(HasSubstr("no HAProxy answers"), HasSubstr("HTTP/1.1 400 Bad Request")));
  present_ = process(12, 1, {});
  processes_ = "HTTP/1.1 400 Bad Request\r\n\r\n";
  EXPECT_THAT(look().error().message, AllOf(HasSubstr("no HAProxy master answers"), HasSubstr("400 Bad Request")));
}

TEST_F(OldProcesses, TheMasterOfAnotherHaproxyIsNamed) {
  present_ = process(77, 1, {});
  const auto servers = look();
  ASSERT_FALSE(servers);
  EXPECT_EQ(servers.error().code, ErrorCode::invalid);
  EXPECT_THAT(servers.error().message, AllOf(HasSubstr("master of another HAProxy"), HasSubstr("77")));
}

TEST_F(OldProcesses, AReloadBetweenTwoQuestionsIsNotTheMasterOfAnother) {
  int asked = 0;
  worker_.answer([&](const std::string&) { return process(++asked == 1 ? 10 : 12, 1, {}); });
  const auto servers = look();
  ASSERT_FALSE(servers);
  EXPECT_EQ(servers.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace teal::test
