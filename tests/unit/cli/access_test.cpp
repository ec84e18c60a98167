// What the command line shows of itself, to whom, and what it says when that is not enough.
#include "cli/access.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/support/certificates.hpp"
#include "tests/unit/cli/canned.hpp"
#include "tests/unit/cli/fake_teald.hpp"
#include "tests/unit/cli/tcp_teald.hpp"

namespace teal::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::string applications = http_answer(200, R"({"items":[)" + canned_application() + "]}");

std::string private_file(const Folder& folder, const std::string& text, unsigned mode = 0600) {
  auto path = folder.write("token", text);
  ::chmod(path.c_str(), mode);
  return path;
}

TEST(Token, GoesWithEachRequestFromTheEnvironmentOrFromAFileWhichComesFirst) {
  const TcpTeald teald{applications};
  const Folder folder;
  const auto url = "http://127.0.0.1:" + teald.port();
  const auto file = private_file(folder, "  teal_file\r\n\n");
  EXPECT_EQ(run_teal({"get", "--server", url}).status, 0);
  EXPECT_EQ(run_teal({"get", "--server", url}, "", {"TEAL_TOKEN= teal_variable\n"}).status, 0);
  const auto got = run_teal({"get", "--server", url, "--token-file", file}, "", {"TEAL_TOKEN=teal_variable"});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_THAT(got.err, IsEmpty());
  EXPECT_EQ(run_teal({"get", "--server", url}, "", {"TEAL_TOKEN="}).status, 0);
  const auto asked = teald.asked();
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_THAT(asked[0], Not(HasSubstr("Authorization")));
  EXPECT_THAT(asked[1], HasSubstr("\r\nAuthorization: Bearer teal_variable\r\n"));
  EXPECT_THAT(asked[2], HasSubstr("\r\nAuthorization: Bearer teal_file\r\n"));
  EXPECT_THAT(asked[3], Not(HasSubstr("Authorization")));
}

TEST(Token, GoesWithStreamsAndChangesAndOverTheUnixSocketToo) {
  const FakeTeald teald{[](const Asked& asked) {
    if (asked.line.find("/logs?") != std::string::npos) return http_answer(200, "line\n", "text/plain");
    if (asked.line.starts_with("GET /apis/teal/v1/rollouts")) return http_answer(200, canned_rollout());
    return http_answer(200, canned_application());
  }};
  const std::vector<std::string> environment{"TEAL_TOKEN=teal_x", "TEAL_SERVER=" + teald.url()};
  EXPECT_EQ(run_teal({"logs", "shop", "--component", "api", "--replica", "5", "--follow"}, "", environment).status, 0);
  EXPECT_EQ(run_teal({"pause", "shop"}, "", environment).status, 0);
  const auto asked = teald.asked();
  ASSERT_GE(asked.size(), 3U);
  for (const auto& one : asked) EXPECT_THAT(one.headers, HasSubstr("\r\nAuthorization: Bearer teal_x\r\n")) << one.line;
}

TEST(Token, IsNotSentInTheClearToAnotherMachine) {
  for (const std::string host : {"192.0.2.1", "teald.example", "127.0.0.1.example", "127.example", "[2001:db8::1]",
                                 "localhost.example", "127.1", "0.0.0.0"}) {
    const auto got = run_teal({"get", "--server", "http://" + host + ":9"}, "", {"TEAL_TOKEN=teal_x"});
    EXPECT_EQ(got.status, 2) << host;
    EXPECT_THAT(got.err, AllOf(StartsWith("error: a token is not sent to http://"), HasSubstr("https://"))) << host;
  }
  for (const std::string host : {"127.0.0.1", "127.8.8.8", "localhost", "[::1]"}) {
    EXPECT_EQ(run_teal({"get", "--server", "http://" + host + ":1"}, "", {"TEAL_TOKEN=teal_x"}).status, 3) << host;
  }
}

TEST(Token, ThatCannotBeReadOrIsNoneIsBadUsageWithoutShowingIt) {
  const Folder folder;
  const auto url = std::string{"http://127.0.0.1:1"};
  const auto with_file = [&](const std::string& text) {
    return run_teal({"get", "--server", url, "--token-file", private_file(folder, text)});
  };
  for (const std::string text : {"", " \n", "teal_a teal_b", "teal_a\r\nX-Evil: 1", "teal_\xC3\xA4", "teal_a\x01"}) {
    const auto got = with_file(text);
    EXPECT_EQ(got.status, 2) << text;
    EXPECT_THAT(got.err, AllOf(HasSubstr("--token-file " + folder.path()), Not(HasSubstr("teal_a")))) << text;
  }
  EXPECT_EQ(with_file(std::string(20'000, 'a')).status, 2);
  EXPECT_EQ(run_teal({"get", "--server", url, "--token-file", folder.path() + "/none"}).status, 2);
  EXPECT_EQ(run_teal({"get", "--server", url, "--token-file", folder.path()}).status, 2);
  EXPECT_EQ(run_teal({"get", "--server", url, "--token-file", ""}).status, 2);
  const auto got = run_teal({"get", "--server", url}, "", {"TEAL_TOKEN=teal_a\nX-Evil: 1"});
  EXPECT_EQ(got.status, 2);
  EXPECT_THAT(got.err, AllOf(StartsWith("error: TEAL_TOKEN: "), Not(HasSubstr("Evil"))));
}

TEST(Token, InAFileThatOthersMayReadIsWarnedOf) {
  const TcpTeald teald{applications};
  const Folder folder;
  const auto url = "http://127.0.0.1:" + teald.port();
  for (const unsigned mode : {0644U, 0640U, 0604U}) {
    const auto file = private_file(folder, "teal_x", mode);
    const auto got = run_teal({"--token-file", file, "get", "--server", url});
    EXPECT_EQ(got.status, 0);
    EXPECT_THAT(got.err, AllOf(StartsWith("warning: " + file), HasSubstr("chmod 600"))) << mode;
  }
}

TEST(Token, IsNotLookedAtByVerbsThatAskNobody) {
  EXPECT_EQ(run_teal({"completion", "bash", "--token-file", "/nowhere"}).status, 0);
}

TEST(Refusal, SaysWhatToDo) {
  const auto refuse = [](int status, const std::vector<std::string>& environment) {
    const FakeTeald teald{[&](const Asked&) { return http_failure(status, "operator would do"); }};
    auto variables = environment;
    variables.push_back("TEAL_SERVER=" + teald.url());
    const auto got = run_teal({"pause", "shop"}, "", variables);
    EXPECT_EQ(got.status, 1);
    EXPECT_THAT(got.err, StartsWith("error: operator would do\n"));
    return got.err;
  };
  EXPECT_THAT(refuse(401, {}), HasSubstr("--token-file FILE or TEAL_TOKEN"));
  EXPECT_THAT(refuse(401, {"TEAL_TOKEN=teal_x"}),
              AllOf(HasSubstr("wrong, expired or revoked"), Not(HasSubstr("teal_x"))));
  EXPECT_THAT(refuse(403, {}), HasSubstr("role that may"));
  EXPECT_THAT(refuse(403, {"TEAL_TOKEN=teal_x"}), HasSubstr("The token of TEAL_TOKEN is not allowed to do this"));
}

TEST(Refusal, EndsAWatch) {
  std::atomic<int> count{0};
  const FakeTeald teald{[&](const Asked& asked) {
    if (++count > 2) return http_failure(401, "who are you?");
    return http_answer(200, asked.line.find("rollouts") == std::string::npos ? canned_application() : canned_rollout());
  }};
  const auto got = run_teal({"status", "shop", "--watch", "--server", teald.url()});
  EXPECT_EQ(got.status, 1) << got.err;
  EXPECT_THAT(got.err, HasSubstr("who are you?"));
}

class Https : public testing::Test {
 protected:
  Https() {
    made_.make_authority("ca");
    made_.make_authority("other");
    made_.sign("server", "ca", "/CN=localhost");
    made_.sign("ann", "ca", "/O=teal:operator/CN=ann", "extendedKeyUsage=clientAuth");
    const auto certificate = test::Certificates::text(made_.pem("server"));
    const auto key = test::Certificates::text(made_.key("server"));
    const auto authority = test::Certificates::text(made_.pem("ca"));
    teald_ = std::make_unique<TcpTeald>(applications,
                                        runtime::make_tls_server_context({certificate, key, authority}).value());
  }

  Outcome get(std::vector<std::string> options) {
    options.insert(options.begin(), {"get", "--server", "https://localhost:" + teald_->port()});
    return run_teal(options, "", {"TEAL_TOKEN=teal_x"});
  }

  test::Certificates made_;
  std::unique_ptr<TcpTeald> teald_;
};

TEST_F(Https, IsSpokenWithAServerOfTheAuthorityThatWasNamed) {
  const auto got = get({"--ca", made_.pem("ca")});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_THAT(teald_->asked().at(0), AllOf(StartsWith("GET /"), HasSubstr("Authorization: Bearer teal_x")));
}

TEST_F(Https, ShowsTheCertificateOfTheClient) {
  const auto got = get({"--ca", made_.pem("ca"), "--certificate", made_.pem("ann"), "--key", made_.key("ann")});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_THAT(teald_->asked().at(0), StartsWith("ann: GET /"));
}

TEST_F(Https, IsRefusedForAServerThatNobodyVouchesForAndTheTokenIsNotSent) {
  for (const auto& options : std::vector<std::vector<std::string>>{{}, {"--ca", made_.pem("other")}}) {
    const auto got = get(options);
    EXPECT_EQ(got.status, 1);
    EXPECT_THAT(got.err, AllOf(StartsWith("error: teald at https://localhost:"), HasSubstr("is not trusted"),
                               HasSubstr("--ca")));
  }
  EXPECT_THAT(teald_->asked(), IsEmpty());
}

TEST_F(Https, SaysWhichFileIsWrong) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"--ca", "/none.pem"}, "/none.pem: No such file"},
      {{"--certificate", made_.pem("ann")}, "go together"},
      {{"--key", made_.key("ann")}, "go together"},
      {{"--certificate", made_.pem("ann"), "--key", made_.key("server")}, made_.key("server")},
      {{"--certificate", "/none.pem", "--key", made_.key("ann")}, "/none.pem: No such file"},
      {{"--certificate", made_.pem("ann"), "--key", "/none.key"}, "/none.key"}};
  for (const auto& [options, why] : wrong) {
    const auto got = get(options);
    EXPECT_EQ(got.status, 2) << testing::PrintToString(options) << got.err;
    EXPECT_THAT(got.err, AllOf(StartsWith("error: "), HasSubstr(why)));
  }
  const auto got = run_teal({"get", "--server", "http://127.0.0.1:1", "--ca", made_.pem("ca")});
  EXPECT_EQ(got.status, 2);
  EXPECT_THAT(got.err, HasSubstr("https://"));
}

}  // namespace
}  // namespace teal::cli
