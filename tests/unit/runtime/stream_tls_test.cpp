// The client's TLS against OpenSSL's own server, with certificates of an authority made here.
#include "daemon/runtime/stream_tls.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "daemon/http/http_client.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace asio = boost::asio;

// A port that nobody listens on now.
int free_port() {
  asio::io_context loop;
  const auto listener = runtime::listen_tcp(loop.get_executor(), "127.0.0.1", "0").value();
  const int port = listener->port();
  listener->close();
  return port;
}

class Tls : public testing::Test {
 protected:
  Tls() {
    std::string pattern = (std::filesystem::temp_directory_path() / "teal-tls-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2"
        " -subj /CN=test-authority");
    ::setenv("SSL_CERT_FILE", (folder_ + "/ca.pem").c_str(), 1);
    ::setenv("SSL_CERT_DIR", folder_.c_str(), 1);
  }
  ~Tls() override {
    if (server_ > 0) {
      ::kill(server_, SIGKILL);
      ::waitpid(server_, nullptr, 0);
    }
    ::unsetenv("SSL_CERT_FILE");
    ::unsetenv("SSL_CERT_DIR");
    std::filesystem::remove_all(folder_);
  }

  void run(const std::string& command) {
    ASSERT_EQ(std::system(("cd " + folder_ + " && " + command + " >>openssl.log 2>&1").c_str()), 0) << command;
  }

  void sign(const std::string& names, const std::string& validity = "-days 1") {
    std::ofstream{folder_ + "/names"} << "subjectAltName=" << names << "\n";
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr"
        " -subj /CN=localhost");
    if (validity == "expired") {
      // "openssl ca" alone can date a certificate back.
      std::ofstream{folder_ + "/index.txt"};
      std::ofstream{folder_ + "/ca.cnf"}
          << "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\n"
             "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n";
      std::ofstream{folder_ + "/serial"} << "01\n";
      run("openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in server.csr -out server.pem -extfile names"
          " -startdate 20200101000000Z -enddate 20200102000000Z");
    } else {
      run("openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -extfile names " +
          validity);
    }
  }

  // OpenSSL's test server, which answers every GET with a page about the connection.
  void serve(const std::string& more = "") {
    port_ = free_port();
    const auto command = "cd " + folder_ +
                         " && exec openssl s_server -quiet -www -accept 127.0.0.1:" + std::to_string(port_) +
                         " -cert server.pem -key server.key " + more + " >server.log 2>&1";
    server_ = ::fork();
    if (server_ == 0) {
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 500; ++i) {
      if (await(loop_, runtime::connect_tcp("127.0.0.1", std::to_string(port_), runtime::after(1s)))) return;
      std::this_thread::sleep_for(10ms);
    }
    FAIL() << "openssl s_server does not listen";
  }

  Result<http::Response> get(const std::string& host) {
    auto endpoint = http::parse_endpoint("https://" + host + ":" + std::to_string(port_)).value();
    http::Client client{loop_.get_executor(), std::move(endpoint)};
    return await(loop_, client.request({}, 5s));
  }

  asio::io_context loop_;
  std::string folder_;
  int port_ = 0;
  pid_t server_ = -1;
};

TEST_F(Tls, SpeaksWithAServerThatAKnownAuthorityVouchesFor) {
  sign("DNS:localhost,IP:127.0.0.1");
  serve();
  const auto by_name = get("localhost");
  ASSERT_TRUE(by_name) << by_name.error().message;
  EXPECT_EQ(by_name->status, 200);
  EXPECT_THAT(by_name->body, HasSubstr("TLSv1.3"));
  const auto by_address = get("127.0.0.1");
  ASSERT_TRUE(by_address) << by_address.error().message;
}

TEST_F(Tls, SpeaksTls12) {
  sign("DNS:localhost");
  serve("-tls1_2");
  const auto answer = get("localhost");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(answer->body, HasSubstr("TLSv1.2"));
}

TEST_F(Tls, RefusesOlderThanTls12) {
  sign("DNS:localhost");
  serve("-tls1_1 -cipher ALL:@SECLEVEL=0");
  const auto answer = get("localhost");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unhealthy) << answer.error().message;
}

TEST_F(Tls, RefusesACertificateForAnotherHost) {
  sign("DNS:other.example");
  serve();
  const auto answer = get("localhost");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::denied);
  EXPECT_THAT(answer.error().message,
              AllOf(HasSubstr("hostname mismatch; it is for others than localhost"), Not(HasSubstr("authorities"))));
  EXPECT_FALSE(get("127.0.0.1"));
}

TEST_F(Tls, RefusesASelfSignedCertificate) {
  run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.pem -days 2"
      " -subj /CN=localhost -addext subjectAltName=DNS:localhost");
  serve();
  const auto answer = get("localhost");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::denied);
  EXPECT_THAT(answer.error().message, HasSubstr("self-signed certificate"));
}

TEST_F(Tls, RefusesAnExpiredCertificate) {
  sign("DNS:localhost", "expired");
  serve();
  const auto answer = get("localhost");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::denied);
  EXPECT_THAT(answer.error().message, HasSubstr("certificate has expired; it has to be renewed"));
}

asio::awaitable<Result<int>> accept_and(runtime::ListenerPtr listener, std::string say,
                                        std::vector<runtime::StreamPtr>* kept) {
  auto stream = co_await listener->accept();
  if (!stream) co_return stream.error();
  kept->push_back(*stream);
  if (!say.empty()) (void)co_await (*stream)->write(say, runtime::after(1s));
  co_return 0;
}

TEST_F(Tls, AServerThatDoesNotSpeakTlsIsAnErrorAtOnceAndOneThatIsSilentWithinTheDeadline) {
  const auto context = runtime::make_tls_context().value();
  for (const std::string say : {"HTTP/1.1 400 Bad Request\r\n\r\n", ""}) {
    const auto listener = runtime::listen_tcp(loop_.get_executor(), "127.0.0.1", "0").value();
    std::vector<runtime::StreamPtr> kept;
    asio::co_spawn(loop_, accept_and(listener, say, &kept), [](std::exception_ptr, Result<int>) {});
    const auto stream = await(
        loop_, runtime::connect_tls("127.0.0.1", std::to_string(listener->port()), context, runtime::after(300ms)));
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, say.empty() ? ErrorCode::timed_out : ErrorCode::invalid) << stream.error().message;
    if (!say.empty()) EXPECT_THAT(stream.error().message, HasSubstr("does not speak TLS"));
    listener->close();
  }
}

}  // namespace
}  // namespace teal::test
