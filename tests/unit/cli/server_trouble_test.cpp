// What `teal` says where somebody listens, and is not a teald that it can speak with.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

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

Outcome get(const std::string& url, std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"get", "--server", url});
  return run_teal(options, "", {"TEAL_TOKEN=teal_x"});
}

class Trouble : public testing::Test {
 protected:
  Trouble() {
    made_.make_authority("ca");
    made_.make_authority("other");
    made_.sign("server", "ca", "/CN=localhost");
  }

  runtime::TlsServerContextPtr context(const std::string& server = "server") const {
    const auto certificate = test::Certificates::text(made_.pem(server));
    const auto key = test::Certificates::text(made_.key(server));
    const auto authority = test::Certificates::text(made_.pem("ca"));
    return runtime::make_tls_server_context({certificate, key, authority}).value();
  }

  test::Certificates made_;
};

TEST_F(Trouble, NamesTheSchemeThatIsSpokenInsteadOfTheOneThatWasTried) {
  const TcpTeald tls{applications, context()};
  const auto got = get("http://localhost:" + tls.port());
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, AllOf(HasSubstr("speaks TLS"), HasSubstr("--server https://localhost:" + tls.port()),
                             HasSubstr("--ca"), Not(HasSubstr("Is it running"))));
  EXPECT_THAT(tls.asked(), IsEmpty());

  const TcpTeald plain{applications};
  const auto other = get("https://localhost:" + plain.port());
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.err, AllOf(HasSubstr("does not speak TLS"), HasSubstr("--server http://localhost:" + plain.port()),
                               Not(HasSubstr("Is it running"))));
}

TEST_F(Trouble, SaysThatAnotherProgramListens) {
  const TcpTeald ssh{"SSH-2.0-OpenSSH_9.2\r\n"};
  const auto garbage = get("http://localhost:" + ssh.port());
  EXPECT_EQ(garbage.status, 1);
  EXPECT_THAT(garbage.err, AllOf(HasSubstr("is not teald"), HasSubstr("not HTTP")));

  // Whatever its status would mean from teald, it is not teald's.
  for (const int status : {400, 404, 409, 503}) {
    const TcpTeald web{http_answer(status, "<html>\nno such page", "text/html")};
    const auto got = get("http://localhost:" + web.port());
    EXPECT_EQ(got.status, 1) << status;
    EXPECT_THAT(got.err, AllOf(HasSubstr("is not teald"), HasSubstr(std::to_string(status)))) << status;
  }
  const FakeTeald docker{[](const Asked&) { return http_answer(404, R"({"message":"page not found"})"); }};
  const auto got = get(docker.url());
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, HasSubstr("is not teald"));
}

TEST_F(Trouble, NoDaemonIsSaidWhereNobodyAnswers) {
  for (const std::string url : {"http://127.0.0.1:1", "https://127.0.0.1:1"}) {
    const auto got = get(url);
    EXPECT_EQ(got.status, 3) << url;
    EXPECT_THAT(got.err, AllOf(HasSubstr("Connection refused"), HasSubstr("Is it running?"))) << url;
  }
  const TcpTeald mute{""};
  const auto got = get("http://127.0.0.1:" + mute.port());
  EXPECT_EQ(got.status, 3);
  EXPECT_THAT(got.err, HasSubstr("Something listens there and closes connections"));
}

TEST_F(Trouble, SaysWhatIsWrongWithTheCertificateOfTheServer) {
  made_.sign("elsewhere", "ca", "/CN=elsewhere", "subjectAltName=DNS:elsewhere.example");
  made_.sign_expired("old", "ca", "/CN=localhost");
  const auto refused = [&](const std::string& server, const std::string& authority) {
    const TcpTeald teald{applications, context(server)};
    const auto got = get("https://localhost:" + teald.port(), {"--ca", made_.pem(authority)});
    EXPECT_EQ(got.status, 1);
    EXPECT_THAT(got.err, AllOf(StartsWith("error: teald at https://localhost:"), HasSubstr("is not trusted"),
                               HasSubstr("--ca"), HasSubstr("--server")));
    EXPECT_THAT(teald.asked(), IsEmpty());
    return got.err;
  };
  EXPECT_THAT(refused("elsewhere", "ca"), HasSubstr("hostname mismatch; it is for others than localhost"));
  EXPECT_THAT(refused("old", "ca"), HasSubstr("has expired; it has to be renewed"));
  EXPECT_THAT(refused("server", "other"), HasSubstr("the authorities are those of " + made_.pem("other")));
}

TEST_F(Trouble, SaysThatTheClientsCertificateIsRefused) {
  made_.sign("eve", "other", "/CN=eve");
  const TcpTeald teald{applications, context()};
  const auto got = get("https://localhost:" + teald.port(),
                       {"--ca", made_.pem("ca"), "--certificate", made_.pem("eve"), "--key", made_.key("eve")});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, AllOf(HasSubstr("refuses our certificate"), HasSubstr("unknown ca"),
                             HasSubstr("--certificate " + made_.pem("eve")), HasSubstr("clientCA")));
}

}  // namespace
}  // namespace teal::cli
