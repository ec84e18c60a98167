// The server's TLS against our own client and OpenSSL's.
#include "daemon/runtime/stream_tls_server.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <future>

#include "daemon/http/http_client.hpp"
#include "daemon/runtime/stream_tls.hpp"
#include "manifests/foundation/parse_time.hpp"
#include "tests/support/await.hpp"
#include "tests/support/certificates.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
namespace asio = boost::asio;

std::string words_of(const std::optional<runtime::PeerCertificate>& certificate) {
  if (!certificate) return "nobody";
  std::string words = certificate->common_name;
  for (const auto& organization : certificate->organizations) words += "/" + organization;
  return words;
}

class TlsServer : public testing::Test {
 protected:
  TlsServer() {
    made_.make_authority("ca");
    made_.make_authority("clients");
    made_.sign("server", "ca", "/CN=localhost");
  }

  Result<runtime::TlsServerContextPtr> context(const std::string& server, const std::string& authorities) const {
    const auto certificate = Certificates::text(made_.pem(server));
    const auto key = Certificates::text(made_.key(server));
    const auto clients = authorities.empty() ? "" : Certificates::text(made_.pem(authorities));
    return runtime::make_tls_server_context({certificate, key, clients});
  }

  void serve(const std::string& authorities = "", const std::string& server = "server") {
    listener_ = runtime::listen_tcp(loop_.get_executor(), "127.0.0.1", "0").value();
    asio::co_spawn(loop_, accept_all(this, listener_, context(server, authorities).value()), asio::detached);
  }

  static asio::awaitable<void> accept_all(TlsServer* test, runtime::ListenerPtr listener,
                                          runtime::TlsServerContextPtr context) {
    for (;;) {
      auto below = co_await listener->accept();
      if (!below) co_return;
      asio::co_spawn(test->loop_, answer(test, std::move(*below), context), asio::detached);
    }
  }

  // Says who the client is, and the bytes of `padding` behind it.
  static asio::awaitable<void> answer(TlsServer* test, runtime::StreamPtr below, runtime::TlsServerContextPtr context) {
    auto stream = co_await runtime::accept_tls(std::move(below), std::move(context), runtime::after(500ms));
    if (!stream) {
      test->refusals_.push_back(stream.error());
      co_return;
    }
    char piece[4096];
    const auto count = co_await (*stream)->read_some(piece, sizeof piece, runtime::after(5s));
    if (!count || *count == 0) co_return;
    const auto peer = (*stream)->peer();
    test->shown_ = peer.certificate;
    const auto body = words_of(peer.certificate) + (peer.remote ? " from " + peer.remote->host : "") + test->padding_;
    const auto text = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body;
    (void)co_await (*stream)->write(text, runtime::after(5s));
    (*stream)->shutdown_send();
    (void)co_await (*stream)->read_some(piece, sizeof piece, runtime::after(1s));
    (*stream)->close();
  }

  // As the client of this name; empty: without a certificate.
  Result<std::string> ask(const std::string& name = "") {
    auto endpoint = http::parse_endpoint("https://localhost:" + std::to_string(listener_->port())).value();
    runtime::TlsFiles files{made_.pem("ca"), name.empty() ? "" : made_.pem(name), name.empty() ? "" : made_.key(name)};
    http::Client client{loop_.get_executor(), std::move(endpoint), std::move(files)};
    const auto answer = await(loop_, client.request({}, 5s, 64 << 20));
    if (!answer) return answer.error();
    return answer->body;
  }

  // What OpenSSL's client prints, in and about a connection.
  std::string s_client(const std::string& options, const std::string& input = "GET / HTTP/1.1\\r\\n\\r\\n") {
    const auto command = "(printf '" + input + "'; sleep 1) | timeout 5 openssl s_client -connect 127.0.0.1:" +
                         std::to_string(listener_->port()) + " -CAfile ca.pem " + options + " >client.log 2>&1";
    auto ended = std::async(std::launch::async, [this, command] {
      return std::system(("cd " + made_.folder() + " && " + command).c_str());
    });
    const auto end = std::chrono::steady_clock::now() + 20s;
    loop_.restart();
    while (ended.wait_for(0s) != std::future_status::ready && std::chrono::steady_clock::now() < end) {
      loop_.run_for(10ms);
    }
    return Certificates::text(made_.folder() + "/client.log");
  }

  // Runs the loop until the server has refused a client.
  std::string refusal() {
    for (int i = 0; i < 200 && refusals_.empty(); ++i) loop_.run_for(10ms);
    return refusals_.empty() ? "nobody was refused" : refusals_.front().message;
  }

  Certificates made_;
  asio::io_context loop_;
  runtime::ListenerPtr listener_;
  std::vector<Error> refusals_;
  std::optional<runtime::PeerCertificate> shown_;  // by the newest client
  std::string padding_;
};

TEST_F(TlsServer, AnswersClientsThatTrustIt) {
  serve();
  EXPECT_EQ(ask().value(), "nobody from 127.0.0.1");
}

TEST_F(TlsServer, SaysWhereItEndsAlsoWithoutALength) {
  serve();
  EXPECT_THAT(s_client("-quiet"), HasSubstr("nobody from 127.0.0.1"));
  EXPECT_THAT(s_client("-ign_eof -msg"), HasSubstr("close_notify"));
}

TEST_F(TlsServer, CarriesMoreThanFitsIntoAnyBuffer) {
  padding_ = std::string(20 << 20, 'x');
  serve();
  EXPECT_EQ(ask().value(), "nobody from 127.0.0.1" + padding_);
}

TEST_F(TlsServer, SpeaksTls12And13WithForwardSecrecyOnly) {
  serve();
  EXPECT_THAT(s_client("-tls1_2"), AllOf(HasSubstr("nobody"), HasSubstr("ECDHE-ECDSA-AES")));
  EXPECT_THAT(s_client("-tls1_3"), AllOf(HasSubstr("nobody"), HasSubstr("TLSv1.3")));
  EXPECT_THAT(s_client("-tls1_1 -cipher ALL:@SECLEVEL=0"), AllOf(Not(HasSubstr("nobody")), HasSubstr("alert")));
  EXPECT_THAT(s_client("-tls1_2 -cipher AES128-SHA:AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"),
              Not(HasSubstr("nobody")));
}

TEST_F(TlsServer, DoesNotRenegotiateAndResumesNothing) {
  serve();
  // "R" on a line of its own asks for a renegotiation.
  EXPECT_THAT(s_client("-tls1_2", "R\\n"), AllOf(HasSubstr("RENEGOTIATING"), HasSubstr("no renegotiation")));
  EXPECT_THAT(s_client("-tls1_2"),
              AllOf(HasSubstr("nobody"), HasSubstr("Session-ID: \n"), Not(HasSubstr("TLS session ticket:"))));
  EXPECT_THAT(s_client("-tls1_3"), Not(HasSubstr("Post-Handshake New Session Ticket")));
}

TEST_F(TlsServer, SpeaksHttp11ToThoseWhoAsk) {
  serve();
  EXPECT_THAT(s_client("-alpn h2,http/1.1"), AllOf(HasSubstr("ALPN protocol: http/1.1"), HasSubstr("nobody")));
  EXPECT_THAT(s_client("-alpn h2"), Not(HasSubstr("nobody")));
}

TEST_F(TlsServer, KnowsAClientByItsCertificateAndTakesThoseWithout) {
  made_.sign("ann", "clients", "/O=teal:operator/O=learning/CN=ann", "extendedKeyUsage=clientAuth");
  made_.sign("bob", "clients", "/CN=bob", "keyUsage=digitalSignature");
  serve("clients");
  EXPECT_EQ(ask().value(), "nobody from 127.0.0.1");
  EXPECT_EQ(ask("ann").value(), "ann/teal:operator/learning from 127.0.0.1");
  EXPECT_EQ(ask("bob").value(), "bob from 127.0.0.1");
  EXPECT_THAT(refusals_, testing::IsEmpty());
}

TEST_F(TlsServer, ACertificateIsGoodAsLongAsItsAuthorityIsOne) {
  made_.make_authority("others");
  made_.sign("between", "clients", "/CN=between", "basicConstraints=critical,CA:TRUE");
  made_.sign("ann", "between", "/CN=ann", "extendedKeyUsage=clientAuth");
  made_.run("cat others.pem clients.pem | tee both.pem");
  serve("clients");
  ASSERT_THAT(s_client("-cert ann.pem -key ann.key -cert_chain between.pem"), HasSubstr("ann from 127.0.0.1"));
  ASSERT_TRUE(shown_);
  EXPECT_EQ(shown_->chain.size(), 2U) << "that of her authority is needed as well";
  const auto key_of_server = [&](const std::string& authorities) {
    return runtime::make_tls_server_context({Certificates::text(made_.pem("server")),
                                             Certificates::text(made_.key("server")),
                                             authorities.empty() ? "" : Certificates::text(made_.pem(authorities))})
        .value();
  };
  EXPECT_TRUE(runtime::vouches_for(*key_of_server("clients"), *shown_));
  EXPECT_TRUE(runtime::vouches_for(*key_of_server("both"), *shown_)) << "one more";
  EXPECT_FALSE(runtime::vouches_for(*key_of_server("others"), *shown_)) << "replaced";
  EXPECT_FALSE(runtime::vouches_for(*key_of_server(""), *shown_)) << "nobody is asked for one any more";
}

TEST_F(TlsServer, KnowsNobodyByACertificateThatItDidNotAskFor) {
  made_.sign("ann", "clients", "/O=teal:admin/CN=ann");
  serve();
  EXPECT_EQ(ask("ann").value(), "nobody from 127.0.0.1");
}

TEST_F(TlsServer, TakesAnAuthorityBelowAnotherAsTheOneThatCounts) {
  made_.sign("between", "clients", "/CN=between", "basicConstraints=critical,CA:TRUE");
  made_.sign("ann", "between", "/CN=ann", "extendedKeyUsage=clientAuth");
  made_.sign("bob", "clients", "/CN=bob", "extendedKeyUsage=clientAuth");
  serve("between");
  EXPECT_EQ(ask("ann").value(), "ann from 127.0.0.1");
  EXPECT_FALSE(ask("bob"));
}

TEST_F(TlsServer, RefusesACertificateOfAnotherAuthority) {
  made_.sign("eve", "ca", "/O=teal:admin/CN=eve", "extendedKeyUsage=clientAuth");
  serve("clients");
  EXPECT_FALSE(ask("eve"));
  EXPECT_THAT(refusal(),
              StartsWith("the client's certificate is refused: self-signed certificate in certificate chain"));
  EXPECT_EQ(refusals_.front().code, ErrorCode::denied);
}

TEST_F(TlsServer, RefusesACertificateThatIsNotForClients) {
  made_.sign("eve", "clients", "/CN=eve", "extendedKeyUsage=serverAuth");
  serve("clients");
  EXPECT_FALSE(ask("eve"));
  EXPECT_THAT(refusal(), HasSubstr("purpose"));
}

TEST_F(TlsServer, RefusesACertificateThatHasExpired) {
  made_.sign_expired("eve", "clients", "/CN=eve");
  serve("clients");
  const auto answer = ask("eve");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unhealthy);
  EXPECT_THAT(answer.error().message, HasSubstr("refuses our certificate"));
  EXPECT_THAT(refusal(), HasSubstr("expired"));
}

TEST_F(TlsServer, RefusesACertificateOfSomebodySelfMade) {
  made_.make_authority("eve");
  serve("clients");
  EXPECT_FALSE(ask("eve"));
  EXPECT_THAT(refusal(), HasSubstr("self-signed"));
}

TEST_F(TlsServer, RefusesANameThatCouldBeAnothers) {
  made_.sign("eve", "clients", "/CN=ann/CN=eve", "extendedKeyUsage=clientAuth");
  serve("clients");
  EXPECT_FALSE(ask("eve"));
  EXPECT_THAT(refusal(), HasSubstr("common name (CN) of its subject is given too often"));
}

TEST_F(TlsServer, GivesUpOnAClientThatIsSilentOrSpeaksSomethingElse) {
  serve();
  const auto silent =
      await(loop_, runtime::connect_tcp("127.0.0.1", std::to_string(listener_->port()), runtime::after(1s))).value();
  EXPECT_THAT(refusal(), HasSubstr("deadline"));
  EXPECT_EQ(refusals_.front().code, ErrorCode::timed_out);
  refusals_.clear();
  const auto plain =
      await(loop_, runtime::connect_tcp("127.0.0.1", std::to_string(listener_->port()), runtime::after(1s))).value();
  ASSERT_TRUE(await(loop_, plain->write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", runtime::after(1s))));
  EXPECT_THAT(refusal(), HasSubstr("speaks plain HTTP"));
  EXPECT_EQ(refusals_.front().code, ErrorCode::invalid);
}

TEST_F(TlsServer, RefusesFilesThatDoNotFitOrAreNotWhole) {
  made_.sign("other", "ca", "/CN=localhost");
  made_.run("openssl pkey -in server.key -aes256 -passout pass:secret -out locked.key");
  const auto certificate = Certificates::text(made_.pem("server"));
  const auto key = Certificates::text(made_.key("server"));
  const auto why = [](const std::string& c, const std::string& k, const std::string& ca = "") {
    const auto made = runtime::make_tls_server_context({c, k, ca});
    return made ? std::string{"it was taken"} : made.error().message;
  };
  EXPECT_EQ(why(certificate, key), "it was taken");
  EXPECT_EQ(why(certificate, Certificates::text(made_.key("other"))), "key: it belongs to another certificate");
  EXPECT_THAT(why(certificate, Certificates::text(made_.key("locked"))), StartsWith("key: it has a passphrase"));
  EXPECT_THAT(why("", key), StartsWith("certificate: there is no certificate in it"));
  EXPECT_THAT(why(key, certificate), StartsWith("certificate: there is no certificate in it"));
  EXPECT_THAT(why(certificate, key, "nonsense"), StartsWith("clientCA: there is no certificate in it"));
  for (std::size_t cut = 1; cut + 2 < certificate.size(); cut += 7) {
    EXPECT_THAT(why(certificate.substr(0, cut), key), StartsWith("certificate: ")) << cut;
  }
  for (std::size_t cut = 1; cut + 2 < key.size(); cut += 7) {
    EXPECT_THAT(why(certificate, key.substr(0, cut)), StartsWith("key: ")) << cut;
  }
  const auto two = certificate + Certificates::text(made_.pem("ca"));
  EXPECT_EQ(why(two, key, two), "it was taken");
  EXPECT_THAT(why(two.substr(0, two.size() - 60), key), StartsWith("certificate: it is not whole"));
}

TEST_F(TlsServer, TellsWhenItsCertificateEnds) {
  made_.sign_expired("old", "ca", "/CN=localhost");
  EXPECT_EQ(runtime::expiry_of(*context("old", "").value()), parse_time("2020-01-02T00:00:00Z").value());
}

}  // namespace
}  // namespace teal::test
