#include "daemon/health_monitor_verdict.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "daemon/health_monitor_tally.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::Not;

daemon::HealthVerdict judged(const spec::HealthCheck& check, int status, const std::string& body,
                             http::Headers headers = {}) {
  http::Response response;
  response.status = status;
  response.body = body;
  response.headers = std::move(headers);
  return daemon::judge(check, http::parse_endpoint("http://127.0.0.1:8000").value(), response);
}
std::string answer(int status, const std::string& body) { return judged({}, status, body).answer; }
daemon::HealthVerdict failed(ErrorCode code, const std::string& message) {
  return daemon::judge({}, http::parse_endpoint("http://127.0.0.1:8000").value(), Error{code, message});
}

spec::HealthCheck expecting(const std::string& pointer, const std::string& value) {
  spec::HealthCheck check;
  check.expected_json[pointer] = value;
  return check;
}

TEST(HealthVerdict, StatusDecides) {
  EXPECT_TRUE(judged({}, 200, "anything").healthy);
  EXPECT_EQ(answer(200, "{\"error\":\"none\"}"), "200");
  EXPECT_TRUE(judged({}, 204, "").healthy);
  EXPECT_FALSE(judged({}, 301, "").healthy);
  EXPECT_FALSE(judged({}, 503, "").healthy);
  spec::HealthCheck check;
  check.expected_status = {200, 503};
  EXPECT_TRUE(judged(check, 503, "").healthy);
  check.expected_status = {401, 401};
  EXPECT_TRUE(judged(check, 401, "").healthy);
}

TEST(HealthVerdict, GivesTheReasonInShort) {
  EXPECT_EQ(answer(503, R"({"status":"error","error":"database unreachable"})"), "503: database unreachable");
  EXPECT_EQ(answer(503, R"({"detail":"warming up","message":""})"), "503: warming up");
  EXPECT_EQ(answer(503, R"({"error":{"code":7,"message":"no route"}})"), "503: no route");
  EXPECT_EQ(answer(503, R"({"code":7})"), "503: {\"code\":7}");
  EXPECT_EQ(answer(500, "\n  \nTraceback: boom\nline 2\nline 3"), "500: Traceback: boom");
  EXPECT_EQ(answer(503, "<html><body><h1>503 Service Unavailable</h1>\nNo server is available.\n</body></html>\n"),
            "503: 503 Service Unavailable No server is available.");
  EXPECT_EQ(answer(500, ""), "500");
  EXPECT_EQ(judged({}, 302, "", {{"location", "/login"}}).answer,
            "302: redirects to /login, and redirects are not followed");
  EXPECT_EQ(answer(400, R"({"type":"about:blank","title":"Bad host","status":400})"), "400: Bad host");
}

TEST(HealthVerdict, SaysWhatTheApplicationSaysWhateverTheStatus) {
  for (const int status : {400, 401, 403, 404, 421, 500}) {
    const auto verdict = judged({}, status, "Blocked host: 127.0.0.1:49153\nTo allow requests to these hosts, …");
    EXPECT_FALSE(verdict.healthy);
    EXPECT_EQ(verdict.answer, std::to_string(status) + ": Blocked host: 127.0.0.1:49153");
    EXPECT_EQ(verdict.wants_credentials, status == 401 || status == 403);
  }
  EXPECT_EQ(answer(403,
                   "<!DOCTYPE html><html><head><title>Action Controller</title><style>body { color: red; }</style>\n"
                   "<script>alert('<p>no</p>')</script></head><!-- <b>no</b> --><body><h1>Blocked host: x</h1></body>"),
            "403: Blocked host: x");
  EXPECT_EQ(answer(403, "<html><style>" + std::string(20'000, 'a') + "</style><h1>Blocked host: x</h1>"),
            "403: Blocked host: x");
  EXPECT_EQ(answer(403, "<html><script>never closed"), "403");
  EXPECT_EQ(answer(403, ""), "403");
  EXPECT_EQ(answer(401, ""), "401: it wants credentials, which health.headers can give");
}

TEST(HealthVerdict, AJsonAnswerIsNeededWhole) {
  http::Response part;
  part.status = 200;
  part.whole = false;
  part.body = R"({"status":"ok")";
  const auto endpoint = http::parse_endpoint("http://127.0.0.1:8000").value();
  EXPECT_TRUE(daemon::judge({}, endpoint, part).healthy);
  EXPECT_EQ(daemon::judge(expecting("/status", "\"ok\""), endpoint, part).answer,
            "200, but the answer, all of which expect.json needs, did not end within 1s");
  EXPECT_EQ(daemon::bytes_needed({}, 200), 0U);
  EXPECT_EQ(daemon::bytes_needed({}, 503), 65'536U);
  part.body.assign(daemon::bytes_needed(expecting("/status", "1"), 200), 'x');
  EXPECT_EQ(daemon::judge(expecting("/status", "1"), endpoint, part).answer,
            "200, but the answer is larger than 1048576 bytes, and expect.json needs all of it");
}

TEST(HealthVerdict, ComparesWhatTheJsonSays) {
  const auto ok = expecting("/status", "\"ok\"");
  EXPECT_TRUE(judged(ok, 200, R"({"status": "ok", "x": 1})").healthy);
  EXPECT_EQ(judged(ok, 200, R"({"status":"starting"})").answer, R"(200, but /status is "starting" (expected "ok"))");
  EXPECT_FALSE(judged(ok, 200, R"({"status":"starting"})").healthy);
  EXPECT_EQ(judged(ok, 200, "{}").answer, R"(200, but /status is missing (expected "ok"))");
  EXPECT_EQ(judged(ok, 200, "ok").answer, R"(200, but the answer is not JSON (expected /status to be "ok"))");
  EXPECT_EQ(judged(ok, 503, R"({"status":"ok"})").answer, "503: ok");
  EXPECT_TRUE(judged(expecting("/a/0", "3"), 200, R"({"a":[3]})").healthy);
  EXPECT_TRUE(judged(expecting("/a", "3"), 200, R"({"a":3.0})").healthy);
  EXPECT_FALSE(judged(expecting("/a", "3"), 200, R"({"a":"3"})").healthy);
  EXPECT_TRUE(judged(expecting("/a", R"({"x":1,"y":null})"), 200, R"({"a":{"y":null,"x":1}})").healthy);
  EXPECT_TRUE(judged(expecting("", "true"), 200, "true").healthy);
}

TEST(HealthVerdict, TellsWhyThereIsNoAnswer) {
  EXPECT_EQ(failed(ErrorCode::unavailable, "connect to http://127.0.0.1:8000: Connection refused").answer,
            "connection refused");
  EXPECT_EQ(failed(ErrorCode::timed_out, "http://127.0.0.1:8000: no complete answer within 1s").answer,
            "no answer within 1s");
  EXPECT_EQ(failed(ErrorCode::invalid, "http://127.0.0.1:8000: the answer is not HTTP: bad version").answer,
            "the answer is not HTTP: bad version");
  EXPECT_FALSE(failed(ErrorCode::unavailable, "").healthy);
}

TEST(HealthVerdict, HostileTextStaysOneShortLine) {
  EXPECT_EQ(daemon::one_line("a\x1b[31m\tb\r\n c\x7f\x01"), "a[31m b c");
  EXPECT_EQ(daemon::one_line("\xC2\x9B"
                             "a\xE2\x80\xAE"
                             "b\xEF\xBB\xBF"),
            "ab");
  EXPECT_EQ(daemon::one_line("\xFF"
                             "a\xC3"),
            "?a?");
  EXPECT_EQ(daemon::one_line("  grün  "), "grün");
  EXPECT_EQ(daemon::one_line(std::string(120, 'x')), std::string(120, 'x'));
  EXPECT_EQ(daemon::one_line(std::string(121, 'x')), std::string(119, 'x') + "…");
  EXPECT_EQ(daemon::one_line(std::string(119, 'x') + " y"), std::string(119, 'x') + "…");
  std::string umlauts;
  for (int i = 0; i < 500; ++i) umlauts += "ü";
  EXPECT_EQ(daemon::one_line(umlauts).size(), 119U * 2 + 3);
  EXPECT_LE(answer(503, std::string(60000, '[')).size(), 130U);
  EXPECT_LE(answer(503, "{\"error\":\"" + std::string(60000, 'x') + "\"}").size(), 130U);
  EXPECT_THAT(judged(expecting("/a", "1"), 200, "{\"a\":\"\\u001b\xE2\x80\xAE" + std::string(500, 'y') + "\"}").answer,
              Not(HasSubstr("\xE2\x80\xAE")));
}

TEST(HealthTally, CountsInARowAndRemembersThatItOncePassed) {
  spec::HealthCheck check;
  const auto verdict = [](bool healthy, const std::string& text) {
    daemon::HealthVerdict result;
    result.healthy = healthy;
    result.answer = text;
    return result;
  };
  daemon::Tally tally;
  EXPECT_TRUE(tally.undecided(check));
  EXPECT_TRUE(tally.add(check, verdict(true, "200")));
  EXPECT_FALSE(tally.ever);
  EXPECT_TRUE(tally.add(check, verdict(true, "200")));
  EXPECT_TRUE(tally.ever);
  EXPECT_FALSE(tally.undecided(check));
  EXPECT_FALSE(tally.add(check, verdict(true, "200")));  // steady
  EXPECT_TRUE(tally.add(check, verdict(true, "204")));   // other words
  for (int failures = 1; failures <= 3; ++failures) EXPECT_TRUE(tally.add(check, verdict(false, "503")));
  EXPECT_FALSE(tally.add(check, verdict(false, "503")));
  EXPECT_EQ(tally.successes, 0);
  EXPECT_EQ(tally.failures, 4);
  EXPECT_TRUE(tally.ever);
  EXPECT_FALSE(tally.undecided(check));
  tally.failures = 1'000'000;
  EXPECT_FALSE(tally.add(check, verdict(false, "503")));
  EXPECT_EQ(tally.failures, 1'000'000);
}

TEST(HeadOf, KeepsTheFirstLinesOfAStrangersTextAndNothingThatSteersATerminal) {
  EXPECT_EQ(daemon::head_of(""), "");
  EXPECT_EQ(daemon::head_of("{\"error\":\n\n  \"no\"}\r\n"), "{\"error\":\n\"no\"}");
  EXPECT_EQ(daemon::head_of("a\x1b[2Jb"), "a[2Jb");
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "line\n";
  EXPECT_EQ(std::ranges::count(daemon::head_of(many), '\n'), 19);
  EXPECT_LT(daemon::head_of(std::string(1 << 20, 'x')).size(), 200u);
}

}  // namespace
}  // namespace teal::test
