// One line to HAProxy and one answer: in bounded time, of bounded size, and never more than was meant.
#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/await.hpp"
#include "tests/unit/haproxy/scripted_runtime.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using haproxy::ask;
using haproxy::check_address;
using haproxy::check_name;
using haproxy::judge;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(RuntimeApi, ReturnsTheWholeAnswer) {
  boost::asio::io_context loop;
  ScriptedRuntime runtime{loop};
  const std::string long_answer(200'000, 'x');
  runtime.answer([&](const std::string&) { return long_answer; });
  const auto answer = await(loop, ask(runtime.path(), "show info;show stat", 5s));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, long_answer);
  EXPECT_THAT(runtime.lines(), ElementsAre("show info;show stat"));
}

TEST(RuntimeApi, NoSocketIsUnavailableAndNamed) {
  boost::asio::io_context loop;
  const auto answer = await(loop, ask("/tmp/no-such-folder/admin.sock", "show info", 1s));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
  EXPECT_THAT(answer.error().message, HasSubstr("/tmp/no-such-folder/admin.sock"));
}

TEST(RuntimeApi, ADeadSocketIsUnavailable) {
  boost::asio::io_context loop;
  ScriptedRuntime runtime{loop};
  runtime.stop();
  const auto answer = await(loop, ask(runtime.path(), "show info", 1s));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
}

TEST(RuntimeApi, SilenceEndsAtTheDeadline) {
  boost::asio::io_context loop;
  ScriptedRuntime runtime{loop};
  runtime.fall_silent();
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = await(loop, ask(runtime.path(), "show info", 100ms));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
}

TEST(RuntimeApi, AConnectionThatEndsWithoutAWordIsNoSuccess) {
  boost::asio::io_context loop;
  ScriptedRuntime runtime{loop};
  runtime.answer([](const std::string&) { return std::string{}; });
  const auto answer = await(loop, ask(runtime.path(), "set server shop/a state ready", 1s));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
}

TEST(RuntimeApi, AHugeAnswerIsRefused) {
  boost::asio::io_context loop;
  ScriptedRuntime runtime{loop};
  runtime.answer([](const std::string&) { return std::string((4 << 20) + 1, 'x'); });
  const auto answer = await(loop, ask(runtime.path(), "show info", 10s));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::invalid);
}

TEST(RuntimeApi, NamesThatAreSyntaxAreRefused) {
  const std::vector<std::string> hostile{"",
                                         "a b",
                                         "a;shutdown frontend edge",
                                         "a\nshow info",
                                         "a\\",
                                         "<<",
                                         "a<<EOF",
                                         "a/b",
                                         "a#b",
                                         std::string{"a\0b", 3},
                                         "a\tb",
                                         "a'b",
                                         "a\"b",
                                         "\xc3\xa4",
                                         "a@1",
                                         std::string(103, 'a'),
                                         "$(id)",
                                         "a\r",
                                         "\x7f",
                                         "a,b",
                                         "a|b",
                                         std::string(100000, 'a')};
  for (const auto& name : hostile) {
    const auto checked = check_name("server", name);
    ASSERT_FALSE(checked) << name.substr(0, 100);
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
    EXPECT_LT(checked.error().message.size(), 400u);
    EXPECT_EQ(checked.error().message.find('\n'), std::string::npos);
  }
  for (const std::string& name :
       {std::string{"a"}, std::string{"teal-shop-api-r7-0"}, std::string{"A.b_c:9"}, std::string(102, 'a')}) {
    EXPECT_TRUE(check_name("server", name)) << name;
  }
}

TEST(RuntimeApi, AddressesAreHostAndPort) {
  for (const std::string good : {"127.0.0.1:8000", "[::1]:80", "10.0.0.1:65535"}) {
    EXPECT_TRUE(check_address(good)) << good;
  }
  const std::vector<std::string> bad{"",
                                     "127.0.0.1",
                                     ":80",
                                     "127.0.0.1:",
                                     "h:99999999999",
                                     "h:8o",
                                     "h:80 check",
                                     "h:80;quit",
                                     "unix@/run/x:1",
                                     "h:80\n",
                                     "/run/x.s:1",
                                     "h:80<<",
                                     "h:-1",
                                     "h\\:80",
                                     "fd@3:1",
                                     "h: 80",
                                     "127.0.0.1:80\\",
                                     " h:80",
                                     "replica.example:80",
                                     "[]:80",
                                     "127.0.0.1:0",
                                     "127.0.0.1:65536",
                                     "::1:80",
                                     "127.1:80"};
  for (const auto& address : bad) {
    const auto checked = check_address(address);
    ASSERT_FALSE(checked) << address;
    EXPECT_EQ(checked.error().code, ErrorCode::invalid);
  }
}

TEST(RuntimeApi, JudgesByHaproxysOwnWords) {
  for (const std::string success : {"", "\n", "\n\n", "New server registered.\n\n", "Server deleted.\n"}) {
    EXPECT_TRUE(judge(success)) << success;
  }
  const std::vector<std::pair<std::string, ErrorCode>> failures{
      {"No such backend.\n", ErrorCode::not_found},
      {"No such server.\n", ErrorCode::not_found},
      {"Can't find backend.\n", ErrorCode::not_found},
      {"Already exists a server with the same name in backend.\n", ErrorCode::conflict},
      {"Server still has connections attached to it, cannot remove it.\n", ErrorCode::conflict},
      {"Only servers in maintenance mode can be deleted.\n", ErrorCode::conflict},
      {"Permission denied\n", ErrorCode::denied},
      {"invalid port '99999'\n", ErrorCode::invalid},
      {"Unknown command, but maybe one of the following ones is a better match:\n  get var\n", ErrorCode::invalid},
  };
  for (const auto& [text, code] : failures) {
    const auto judged = judge(text);
    ASSERT_FALSE(judged) << text;
    EXPECT_EQ(judged.error().code, code) << text;
    EXPECT_THAT(judged.error().message, HasSubstr(text.substr(0, 10)));
    EXPECT_EQ(judged.error().message.find('\n'), std::string::npos);
  }
  EXPECT_LT(judge(std::string(1 << 20, '\x01')).error().message.size(), 400u);
}

TEST(HaproxyAddress, IsTakenOverInTheWordsOfEveryRelease) {
  for (const auto* words :
       {"no need to change the addr, port changed from '1' to '2' by 'stats socket command'\n\n",
        "IP changed from '127.0.0.1' to '::1', no need to change the port by 'stats socket command'\n\n",
        "port changed from '1' to '2' by 'stats socket command'\n\n", "nothing changed\n\n"}) {
    EXPECT_TRUE(haproxy::judge_address(words)) << words;
  }
  for (const auto* words : {"Invalid addr 'x' by 'stats socket command'\n\n", "No such server.\n\n", "\n", "",
                            "IP changed from '::1' to '127.0.0.1', problem converting port 'x' to an int\n\n"}) {
    EXPECT_FALSE(haproxy::judge_address(words)) << words;
  }
  EXPECT_EQ(haproxy::judge_address("No such server.\n\n").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace teal::test
