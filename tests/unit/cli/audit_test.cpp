// `teal audit`: who changed what, as a list, as documents and as it comes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <sstream>

#include "cli/listing.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* update =
    R"({"time":"2026-11-30T04:00:00.000Z","who":"ci","proof":"token","from":"10.1.2.3:4","method":"PUT","path":"/a/shop",)"
    R"("application":"shop","action":"update","generationBefore":3,"generationAfter":4,"reason":"ticket 7",)"
    R"("patch":[{"op":"replace","path":"/spec/version","value":"2"},{"op":"add","path":"/spec/env/A","value":"b"},)"
    R"({"op":"remove","path":"/spec/x"},{"op":"remove","path":"/spec/y"}],"outcome":"Allowed","count":1})";
constexpr const char* denied =
    R"({"time":"2026-11-30T04:00:01.000Z","who":"eve\u001b[31m","proof":"","from":"10.6.6.6","method":"POST",)"
    R"("path":"/a/shop/retry","application":"shop","action":"","reason":"","patch":[],"outcome":"Denied","code":403,)"
    R"("count":37})";

std::string list() { return std::string(R"({"kind":"AuditList","items":[)") + update + "," + denied + "]}"; }

TEST(AuditVerb, ListsWhoChangedWhatAndWhoWasRefused) {
  const FakeTeald teald{[](const Asked&) { return http_answer(200, list()); }};
  const auto got = run_teal({"audit", "-a", "shop", "--since", "24h", "--limit", "7", "--server", teald.url()});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_EQ(teald.asked().at(0).line, "GET /apis/teal/v1/audit?application=shop&since=24h&limit=7");
  EXPECT_THAT(got.out, StartsWith("TIME "));
  EXPECT_THAT(got.out,
              HasSubstr("shop          3 -> 4       /spec/version, +/spec/env/A, -/spec/x and 1 more   ticket 7\n"));
  EXPECT_THAT(got.out, HasSubstr("denied 403, 37 times   shop"));
  EXPECT_THAT(got.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(got.out, Not(HasSubstr("10.1.2.3")));
  const auto wide = run_teal({"audit", "-o", "wide", "--server", teald.url()});
  EXPECT_THAT(wide.out, HasSubstr("token   10.1.2.3:4   PUT /a/shop"));
}

TEST(AuditVerb, TellsATokenFromTheUserWhoseNameItBears) {
  const auto entry = [](const std::string& proof) {
    return boost::json::parse(R"({"time":"2026-11-30T04:00:00.000Z","who":"root","action":"pause","proof":")" + proof +
                              R"("})");
  };
  const boost::json::array items{entry("unix peer"), entry("token"), entry("client certificate"), entry("")};
  const auto text = table_of_audit(items, false).render(Screen{});
  EXPECT_THAT(text, HasSubstr("\n2026-11-30T04:00:00.000Z   root                        pause "));
  EXPECT_THAT(text, HasSubstr("\n2026-11-30T04:00:00.000Z   root (token)                pause "));
  EXPECT_THAT(text, HasSubstr("\n2026-11-30T04:00:00.000Z   root (client certificate)   pause "));
}

TEST(AuditVerb, KeepsItsColumnsTogetherOnATerminalWhateverIsLong) {
  const std::string who(63, 'w');
  const std::string place = "/spec/components/0/env/" + std::string(200, 'V');
  const boost::json::array items{
      boost::json::parse(update),
      boost::json::parse(R"({"time":"2026-11-30T04:00:02.000Z","who":")" + who +
                         R"(","action":"update","application":"shop","patch":[{"op":"add","path":")" + place +
                         R"("}],"reason":"because"})")};
  Screen screen;
  const auto whole = table_of_audit(items, false).render(screen);
  EXPECT_THAT(whole, HasSubstr(who));
  EXPECT_THAT(whole, HasSubstr(place));
  screen.width = 160;
  const auto on_terminal = table_of_audit(items, false).render(screen);
  std::istringstream lines{on_terminal};
  for (std::string line; std::getline(lines, line);) EXPECT_LE(columns_of(line), screen.width) << line;
  EXPECT_THAT(on_terminal, HasSubstr("…"));
  EXPECT_THAT(on_terminal, HasSubstr("because\n"));
  EXPECT_THAT(table_of_audit(items, true).render(screen), HasSubstr(place)) << "-o wide shows all";
}

TEST(AuditVerb, PrintsDocumentsAsTheyCame) {
  const FakeTeald teald{[](const Asked&) { return http_answer(200, list()); }};
  const auto got = run_teal({"audit", "-o", "json", "--server", teald.url()});
  EXPECT_EQ(boost::json::parse(got.out), boost::json::parse(list()));
}

TEST(AuditVerb, FollowsInColumnsAndMakesEachLineSafe) {
  const FakeTeald teald{[](const Asked&) { return http_answer(200, std::string(update) + "\n" + denied + "\n"); }};
  const auto got = run_teal({"audit", "--follow", "--server", teald.url()});
  EXPECT_EQ(teald.asked().at(0).line, "GET /apis/teal/v1/audit?follow=true");
  EXPECT_THAT(got.out,
              StartsWith("2026-11-30T04:00:00.000Z   ci (token)             update       shop               3 -> 4     "
                         "/spec/version, +/spec/env/A, -/spec/x and 1 more   ticket 7\n"));
  EXPECT_THAT(
      got.out,
      HasSubstr(
          "\n2026-11-30T04:00:01.000Z   eve\\x1b[31m            denied 403, 37 times   shop               -          "
          "-   -\n"));
}

TEST(AuditVerb, EndsAsOtherVerbsDo) {
  const FakeTeald forbidding{[](const Asked&) { return http_failure(403, "this needs the role admin"); }};
  EXPECT_EQ(run_teal({"audit", "--server", forbidding.url()}).status, 1);
  EXPECT_EQ(run_teal({"audit", "--follow", "--server", forbidding.url()}).status, 1);
  const FakeTeald strict{[](const Asked&) { return http_failure(400, "since must be a moment"); }};
  EXPECT_EQ(run_teal({"audit", "--since", "soon", "--server", strict.url()}).status, 2);
  EXPECT_EQ(run_teal({"audit", "--limit", "0"}).status, 2);
  EXPECT_EQ(run_teal({"audit", "--server", "unix:///nowhere.sock"}).status, 3);
  const FakeTeald empty{[](const Asked&) { return http_answer(200, R"({"items":[]})"); }};
  const auto got = run_teal({"audit", "--server", empty.url()});
  EXPECT_EQ(got.status, 0);
  EXPECT_EQ(got.out + got.err, "Nothing is on record.\n");
}

}  // namespace
}  // namespace teal::cli
