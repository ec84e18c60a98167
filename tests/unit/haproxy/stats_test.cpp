// What HAProxy answers about its servers, and what else may stand where its answer should.
#include "daemon/drivers/load_balancers/haproxy/stats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Result<std::vector<world::Server>> parse_servers(const std::string& text) {
  return haproxy::parse_servers(text, "shop");
}

const std::string state_header =
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_port\n";
const std::string stat_header =
    "# pxname,svname,qcur,scur,econ,eresp,wretr,wredis,status,type,check_status,check_code,last_chk,addr,\n";

std::string state_row(const std::string& name, int mask) {
  return "3 shop 1 " + name + " 127.0.0.1 2 " + std::to_string(mask) + " 1 8000\n";
}

std::string stat_row(const std::string& name, const std::string& status, const std::string& check,
                     const std::string& words = "") {
  return "shop," + name + ",1,2,3,4,5,6," + status + ",2," + check + ",200," + words + ",127.0.0.1:8000,\n";
}

std::string answer(int mask, const std::string& status, const std::string& check, const std::string& words = "") {
  return state_header + state_row("a", mask) + "\n" + stat_header + stat_row("a", status, check, words) + "\n";
}

world::Server only_server(const std::string& text) {
  const auto servers = parse_servers(text);
  EXPECT_TRUE(servers) << servers.error().message;
  EXPECT_EQ(servers ? servers->size() : 0, 1u);
  return servers && servers->size() == 1 ? servers->front() : world::Server{};
}

TEST(HaproxyStats, ReadsOneServer) {
  const auto server = only_server(answer(0, "UP", "L7OK", "Layer7 check passed"));
  EXPECT_EQ(server.name, "a");
  EXPECT_EQ(server.address, "127.0.0.1:8000");
  EXPECT_EQ(server.intake, world::Intake::Open);
  EXPECT_TRUE(server.up);
  EXPECT_TRUE(server.check_passed);
  EXPECT_EQ(server.sessions, 3) << "running and queued";
  EXPECT_EQ(server.errors, 18u);
  EXPECT_EQ(server.check, "UP L7OK");
}

// HAProxy goes on calling it UP.
TEST(HaproxyStats, WhatAPersonHasSetIsSaidWithWhatUndoesIt) {
  const std::string header = "1\n# be_name srv_name srv_admin_state srv_uweight srv_iweight srv_check_state\n";
  struct Case {
    std::string state, status, by_hand, undo;
    bool up;
  };
  const std::vector<Case> cases{
      {"0 1 1 6", "UP", "", "", true},
      {"0 1 1 0", "no check", "", "", true},
      {"0 0 1 6", "UP", "its weight is 0", "set server shop/a weight 100%", false},
      {"0 0 0 6", "UP", "", "", true},  // added so
      {"0 1 1 2", "DOWN", "its health check is switched off", "enable health shop/a", false},
      {"0 0 1 3", "UP", "its weight is 0, and its health check is switched off",
       "set server shop/a weight 100%;enable health shop/a", false},
      {"8 1 1 6", "DRAIN", "it drains", "set server shop/a state ready", false},
      {"1 1 1 10", "MAINT", "it is in maintenance", "set server shop/a state ready", false},
  };
  for (const auto& one : cases) {
    const auto server =
        only_server(header + "shop a " + one.state + "\n\n" + stat_header + stat_row("a", one.status, "L4OK") + "\n");
    EXPECT_EQ(server.by_hand, one.by_hand) << one.state;
    EXPECT_EQ(server.undo, one.undo) << one.state;
    EXPECT_EQ(server.up, one.up) << one.state;
  }
}

TEST(HaproxyStats, AServerThatWasConfiguredAsDisabledIsWhatItHasBecomeSince) {
  EXPECT_EQ(only_server(answer(4, "UP", "L7OK")).intake, world::Intake::Open);
  EXPECT_EQ(only_server(answer(4 | 8, "DRAIN", "L7OK")).intake, world::Intake::Draining);
  EXPECT_EQ(only_server(answer(4 | 1, "MAINT", "")).intake, world::Intake::Closed);
}

TEST(HaproxyStats, ShowsOnlyPrintableWords) {  // found by tests/fuzz
  const auto server = only_server(answer(0, "UP\x1b[2J", "L7OK\x7f",
                                         "a\x01\xff"
                                         "b"));
  EXPECT_EQ(server.check, "UP[2J L7OK ab");
  const auto hostile =
      state_header + state_row("a\x1b", 0) + "\n" + stat_header + stat_row("a\x1b", "UP", "L7OK") + "\n";
  const auto servers = parse_servers(hostile);
  ASSERT_FALSE(servers);
  EXPECT_EQ(servers.error().message, "HAProxy's answer is not understood: a server's name");
}

TEST(HaproxyStats, TellsTakingTrafficFromPassingTheCheck) {
  struct Case {
    int mask;
    std::string status, check;
    world::Intake intake;
    bool up, passed;
  };
  const std::vector<Case> cases{
      {0, "UP", "L7OK", world::Intake::Open, true, true},
      {0, "UP", "* L7OK", world::Intake::Open, true, true},
      {0, "UP 1/2", "L7STS", world::Intake::Open, true, false},
      {0, "no check", "", world::Intake::Open, true, false},
      {0, "DOWN", "L7STS", world::Intake::Open, false, false},
      {0, "DOWN 1/2", "L7OK", world::Intake::Open, false, false},
      {0, "NOLB", "L7OK", world::Intake::Open, false, true},
      {8, "DRAIN", "L7OK", world::Intake::Draining, false, true},
      {16, "DRAIN", "L4OK", world::Intake::Draining, false, true},
      {8, "DRAIN 1/2", "INI", world::Intake::Draining, false, false},
      {8, "DOWN", "L4CON", world::Intake::Draining, false, false},
      {1, "MAINT", "", world::Intake::Closed, false, false},
      {9, "MAINT", "", world::Intake::Closed, false, false},
      {32, "MAINT (resolution)", "", world::Intake::Closed, false, false},
      {2, "MAINT (via x/y)", "", world::Intake::Closed, false, false},
  };
  for (const auto& one : cases) {
    const auto server = only_server(answer(one.mask, one.status, one.check));
    EXPECT_EQ(server.intake, one.intake) << one.status << " " << one.mask;
    EXPECT_EQ(server.up, one.up) << one.status << " " << one.check;
    EXPECT_EQ(server.check_passed, one.passed) << one.status << " " << one.check;
  }
}

TEST(HaproxyStats, SaysOfAFailedCheckWhatWouldMakeItPass) {
  struct Case {
    std::string status, code, words, failure, remedy;
  };
  const std::vector<Case> cases{
      {"L7STS", "404", "", "gets 404", "`http-check send uri` must ask the same path"},
      {"* L7STS", "404", "", "gets 404", "`http-check send uri` must ask the same path"},
      {"L7STS", "301", "", "gets 301", "`hdr Host`"},
      {"L7STS", "401", "", "gets 401", "same headers"},
      {"L7STS", "421", "", "gets 421", "hdr Host"},
      {"L7STS", "405", "", "gets 405", "`meth GET`"},
      {"L7STS", "204", "", "gets 204", "`http-check expect`"},
      {"L7TOUT", "", "", "gets no answer in time", "`timeout check`"},
      {"L7RSP", "", "", "does not take for HTTP", "plain HTTP"},
      {"L6RSP", "", "SSL handshake failure", "TLS handshake (SSL handshake failure)", "`check-ssl`"},
      {"L4CON", "", "Connection refused", "gets no connection (Connection refused)", "own address and port"},
      {"L4TOUT", "", "", "gets no connection in time", "own address and port"},
  };
  for (const auto& one : cases) {
    const auto server =
        only_server(state_header + state_row("a", 0) + "\n" + stat_header + "shop,a,0,0,0,0,0,0,DOWN,2," + one.status +
                    "," + one.code + "," + one.words + ",127.0.0.1:8000,\n\n");
    EXPECT_THAT(server.check_failure, HasSubstr("HAProxy's check of backend shop ")) << one.status;
    EXPECT_THAT(server.check_failure, HasSubstr(one.failure));
    EXPECT_THAT(server.check_remedy, HasSubstr(one.remedy));
  }
  for (const std::string status : {"L7OK", "L4OK", "INI", "", "UNK"}) {
    EXPECT_EQ(only_server(answer(0, "UP", status)).check_failure, "") << status;
  }
}

TEST(HaproxyStats, AFormatOfServersThatIsNotKnownIsNamed) {
  auto text = answer(0, "UP", "L7OK");
  text.front() = '2';
  const auto servers = parse_servers(text);
  ASSERT_FALSE(servers);
  EXPECT_EQ(servers.error().code, ErrorCode::invalid);
  EXPECT_THAT(servers.error().message, HasSubstr("in format 2, and this teald reads format 1"));
}

TEST(HaproxyStats, CountsRequestsWhereHaproxyDoes) {
  EXPECT_FALSE(only_server(answer(0, "UP", "L7OK")).requests);
  const auto text = state_header + state_row("a", 0) +
                    "\n# pxname,svname,qcur,scur,stot,status,type,check_status,addr,\n"
                    "shop,a,0,0,17,UP,2,L7OK,127.0.0.1:8000,\n\n";
  EXPECT_EQ(only_server(text).requests, 17u);
}

TEST(HaproxyStats, ColumnsAreFoundByTheirNames) {
  const auto text =
      "1\n# srv_admin_state new_one srv_name\n8 ? a\n\n"
      "# pxname,addr,last_chk,check_status,type,status,new_one,scur,qcur,svname,\n"
      "shop,[::1]:80,,L7OK,2,DRAIN,?,7,0,a,\n\n";
  const auto server = only_server(text);
  EXPECT_EQ(server.name, "a");
  EXPECT_EQ(server.address, "[::1]:80");
  EXPECT_EQ(server.intake, world::Intake::Draining);
  EXPECT_EQ(server.sessions, 7);
  EXPECT_EQ(server.errors, 0u);
}

TEST(HaproxyStats, ABackendWithoutServersIsEmpty) {
  const auto servers = parse_servers(state_header + "\n" + stat_header + "\n");
  ASSERT_TRUE(servers) << servers.error().message;
  EXPECT_THAT(*servers, IsEmpty());
}

TEST(HaproxyStats, FrontendAndBackendRowsAreNoServers) {
  auto text = answer(0, "UP", "L7OK");
  text.insert(text.size() - 1, "shop,BACKEND,0,0,0,0,0,0,UP,1,,,,,\nedge,FRONTEND,0,0,0,0,0,0,OPEN,0,,,,,\n");
  EXPECT_EQ(only_server(text).name, "a");
}

TEST(HaproxyStats, WordsOfACheckMayHoldAnything) {
  const auto server = only_server(answer(0, "DOWN", "L7STS", "\"Layer7: \x1b[31mdenied, \"\"Permission denied\"\"\""));
  EXPECT_THAT(server.check, HasSubstr("denied, Permission denied"));
  EXPECT_THAT(server.check, Not(HasSubstr("\x1b")));
  EXPECT_EQ(server.address, "127.0.0.1:8000");
}

TEST(HaproxyStats, NamesAMissingBackend) {
  for (const std::string text : {"Can't find backend.\n\nNo such proxy.\n\n", "No such proxy.\n\n"}) {
    const auto servers = parse_servers(text);
    ASSERT_FALSE(servers);
    EXPECT_EQ(servers.error().code, ErrorCode::not_found);
  }
}

TEST(HaproxyStats, ASocketWithoutAdminLevelIsDenied) {
  const auto servers = parse_servers("Permission denied\n\n");
  ASSERT_FALSE(servers);
  EXPECT_EQ(servers.error().code, ErrorCode::denied);
}

TEST(HaproxyStats, NoPartOfAnAnswerPassesForAll) {
  const auto whole = state_header + state_row("a", 0) + state_row("b", 8) + "\n" + stat_header +
                     stat_row("a", "UP", "L7OK") + stat_row("b", "DRAIN", "L7OK") + "\n";
  ASSERT_TRUE(parse_servers(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_servers(whole.substr(0, size))) << size << " bytes of " << whole.size();
  }
}

TEST(HaproxyStats, EveryNeededColumnIsMissed) {
  for (const std::string name : {"svname", "status", "scur", "qcur", "addr", "check_status", "type"}) {
    auto text = answer(0, "UP", "L7OK");
    const auto at = text.find("," + name + ",");
    ASSERT_NE(at, text.npos);
    text.replace(at + 1, name.size(), "other");
    const auto servers = parse_servers(text);
    ASSERT_FALSE(servers) << name;
    EXPECT_EQ(servers.error().code, ErrorCode::invalid);
    EXPECT_THAT(servers.error().message, HasSubstr(name));
  }
}

TEST(HaproxyStats, NumbersMustBeNumbers) {
  for (const std::string bad : {"-1", "1e3", "x", "99999999999999999999", " 1"}) {
    auto text = state_header + state_row("a", 0) + "\n" + stat_header + "shop,a,0," + bad +
                ",0,0,0,0,UP,2,L7OK,200,,127.0.0.1:8000,\n\n";
    const auto servers = parse_servers(text);
    ASSERT_FALSE(servers) << bad;
    EXPECT_THAT(servers.error().message, HasSubstr("scur"));
  }
}

TEST(HaproxyStats, MoreSessionsThanAnIntHoldAreStillMany) {
  const auto text = state_header + state_row("a", 0) + "\n" + stat_header +
                    "shop,a,0,18446744073709551615,0,0,0,0,UP,2,L7OK,200,,127.0.0.1:8000,\n\n";
  EXPECT_GT(only_server(text).sessions, 0);
}

TEST(HaproxyStats, RefusesWhatIsNoTable) {
  std::string binary;
  for (int i = 0; i < 4096; ++i) binary += static_cast<char>(i * 131);
  const std::vector<std::string> texts{"",
                                       "\n\n",
                                       "# pxname\n\n",
                                       "#\n\n",
                                       "Unknown command.\n\n",
                                       binary,
                                       binary + "\n\n",
                                       std::string(3 << 20, ','),
                                       "# pxname," + std::string(1 << 20, '"') + "\n\n",
                                       state_header + "# pxname" + std::string(100000, '\n')};
  for (const auto& text : texts) EXPECT_FALSE(parse_servers(text)) << text.substr(0, 40);
}

TEST(HaproxyStats, OnlyServersOfTheBackendCount) {
  auto text = answer(0, "UP", "L7OK");
  text.insert(text.size() - 1, "other,b,0,0,0,0,0,0,UP,2,L7OK,200,,127.0.0.1:9000,\n");
  EXPECT_EQ(only_server(text).name, "a");
}

TEST(HaproxyStats, BothTablesMustNameTheSameServers) {
  EXPECT_FALSE(
      parse_servers(state_header + state_row("b", 0) + "\n" + stat_header + stat_row("a", "UP", "L7OK") + "\n"));
  EXPECT_FALSE(parse_servers(state_header + state_row("a", 0) + "\n" + stat_header + "\n"));
  EXPECT_FALSE(parse_servers(state_header + "\n" + stat_header + stat_row("a", "UP", "L7OK") + "\n"));
  EXPECT_FALSE(parse_servers(stat_header + "\n")) << "no state at all";
}

}  // namespace
}  // namespace teal::test
