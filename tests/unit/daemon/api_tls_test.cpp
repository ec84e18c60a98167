// The files of api.tls: refused when they are unsafe, taken over when they change, kept when the new ones are broken.
#include "daemon/api_tls.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <future>

#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/stream_tls.hpp"
#include "tests/support/await.hpp"
#include "tests/support/certificates.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
namespace asio = boost::asio;
namespace fs = std::filesystem;

class ApiTlsFiles : public testing::Test {
 protected:
  ApiTlsFiles() {
    made_.make_authority("ca");
    for (const std::string name : {"one", "two"}) made_.sign(name, "ca", "/CN=" + name);
    fs::create_directory(path("live"));
    put("one");
    files_ = {path("live/tls.crt"), path("live/tls.key"), std::nullopt};
  }
  ~ApiTlsFiles() override {
    if (listener_) listener_->close();
    cancel_.emit(asio::cancellation_type::terminal);
    loop_.run_for(1s);
  }

  [[nodiscard]] std::string path(const std::string& rest) const { return made_.folder() + "/" + rest; }

  void put_certificate(const std::string& name) {
    fs::copy_file(made_.pem(name), path("live/tls.crt"), fs::copy_options::overwrite_existing);
  }
  void put(const std::string& name) {
    put_certificate(name);
    fs::copy_file(made_.key(name), path("live/tls.key"), fs::copy_options::overwrite_existing);
  }

  void start() {
    daemon::ApiTlsOptions options;
    options.files = files_;
    options.pool = &pool_;
    options.look_every = 20ms;
    options.say = [this](bool, const spec::Reason& reason, const std::string& message) {
      said_.emplace_back(to_string(reason));
      messages_.push_back(message);
    };
    auto opened = daemon::ApiTls::open(loop_.get_executor(), std::move(options));
    ASSERT_TRUE(opened) << opened.error().message;
    tls_ = std::move(*opened);
    listener_ = runtime::listen_tcp(loop_.get_executor(), "127.0.0.1", "0").value();
    asio::co_spawn(loop_, accept_all(this), asio::detached);
    asio::co_spawn(loop_, tls_->watch(), asio::bind_cancellation_slot(cancel_.slot(), asio::detached));
  }

  static asio::awaitable<void> accept_all(ApiTlsFiles* test) {
    const auto listener = test->listener_;
    for (;;) {
      auto below = co_await listener->accept();
      if (!below) co_return;
      auto stream = co_await runtime::accept_tls(std::move(*below), test->tls_->context(), runtime::after(2s));
      if (stream) test->accepted_.push_back(*stream);
    }
  }

  // Whose certificate a new connection sees: only one of them is trusted by it.
  bool shows(const std::string& name) {
    const auto context = runtime::make_tls_context({made_.pem("ca"), "", ""}).value();
    auto stream =
        await(loop_, runtime::connect_tls("localhost", std::to_string(listener_->port()), context, runtime::after(2s)));
    if (!stream) return false;
    last_ = *stream;
    return certificate_shown() == Certificates::text(made_.pem(name));
  }
  // Of the newest handshake, as OpenSSL's client prints it.
  [[nodiscard]] std::string certificate_shown() {
    auto done = std::async(std::launch::async, [this] {
      made_.run("openssl s_client -connect 127.0.0.1:" + std::to_string(listener_->port()) +
                " </dev/null 2>/dev/null | openssl x509 -out shown.pem");
    });
    while (done.wait_for(0s) != std::future_status::ready) loop_.run_for(10ms);
    return Certificates::text(path("shown.pem"));
  }

  bool comes_to_show(const std::string& name) {
    for (int i = 0; i < 50; ++i) {
      loop_.run_for(50ms);
      if (shows(name)) return true;
    }
    return false;
  }

  std::string refusal() const {
    const auto loaded = daemon::load_api_tls(files_);
    return loaded ? "it was taken" : loaded.error().message;
  }

  Certificates made_;
  config::TlsConfig files_;
  asio::io_context loop_;
  runtime::BlockingPool pool_{1};
  std::unique_ptr<daemon::ApiTls> tls_;
  runtime::ListenerPtr listener_;
  asio::cancellation_signal cancel_;
  std::vector<runtime::StreamPtr> accepted_;
  runtime::StreamPtr last_;
  std::vector<std::string> said_;
  std::vector<std::string> messages_;
};

TEST_F(ApiTlsFiles, AreRefusedAtTheStartWithTheKeyOfTealdYamlAndTheFile) {
  EXPECT_EQ(refusal(), "it was taken");
  for (const unsigned mode : {0604U, 0644U, 0602U, 0620U}) {
    ASSERT_EQ(::chmod(files_.key.c_str(), mode), 0);
    EXPECT_THAT(refusal(), AllOf(StartsWith("api.tls.key: " + files_.key), HasSubstr("chmod"))) << mode;
  }
  ASSERT_EQ(::chmod(files_.key.c_str(), 0600), 0);
  ASSERT_EQ(::chmod(files_.certificate.c_str(), 0666), 0);
  EXPECT_THAT(refusal(), StartsWith("api.tls.certificate: " + files_.certificate));
  ASSERT_EQ(::chmod(files_.certificate.c_str(), 0644), 0);
  put_certificate("two");
  EXPECT_THAT(refusal(), AllOf(StartsWith("api.tls.key: it belongs to another certificate"), HasSubstr(files_.key)));
  put("one");
  files_.client_ca = path("none.pem");
  EXPECT_THAT(refusal(), StartsWith("api.tls.clientCA: " + path("none.pem")));
  files_.client_ca = made_.pem("ca");
  EXPECT_EQ(refusal(), "it was taken");
  ASSERT_EQ(::chmod(made_.pem("ca").c_str(), 0662), 0);
  EXPECT_THAT(refusal(), AllOf(StartsWith("api.tls.clientCA: " + made_.pem("ca")), HasSubstr("chmod")));
  std::ofstream{path("empty.pem")};
  files_.client_ca = path("empty.pem");  // which would let nobody be asked
  EXPECT_THAT(refusal(), AllOf(StartsWith("api.tls.clientCA: "), HasSubstr("is empty")));
}

TEST_F(ApiTlsFiles, AreTakenOverWhenTheyAreWrittenOverAndConnectionsGoOn) {
  start();
  ASSERT_TRUE(shows("one"));
  const auto client = last_;
  const auto server = accepted_.front();
  put("two");
  ASSERT_TRUE(comes_to_show("two"));
  EXPECT_THAT(said_, ElementsAre("TlsTakenOver"));
  ASSERT_TRUE(await(loop_, client->write("still here", runtime::after(1s))));
  char piece[16];
  EXPECT_EQ(await(loop_, server->read_some(piece, sizeof piece, runtime::after(1s))).value(), 10U);
}

TEST_F(ApiTlsFiles, AreTakenOverWhenALinkIsSetElsewhere) {
  for (const std::string name : {"one", "two"}) {
    fs::create_directory(path("archive-" + name));
    fs::copy_file(made_.pem(name), path("archive-" + name + "/tls.crt"));
    fs::copy_file(made_.key(name), path("archive-" + name + "/tls.key"));
  }
  fs::create_directory_symlink("archive-one", path("now"));
  files_ = {path("now/tls.crt"), path("now/tls.key"), std::nullopt};
  start();
  ASSERT_TRUE(shows("one"));
  fs::create_directory_symlink("archive-two", path("next"));
  fs::rename(path("next"), path("now"));
  EXPECT_TRUE(comes_to_show("two"));
}

TEST_F(ApiTlsFiles, StayTheLastGoodOnesWhileTheNewAreBrokenWhichIsSaidOnce) {
  start();
  put_certificate("two");
  loop_.run_for(500ms);
  EXPECT_TRUE(shows("one"));
  EXPECT_THAT(said_, ElementsAre("TlsKept"));
  EXPECT_THAT(messages_, ElementsAre(AllOf(StartsWith("api.tls.key: it belongs to another"), HasSubstr("stays"))));
  fs::remove(files_.key);
  loop_.run_for(500ms);
  EXPECT_TRUE(shows("one"));
  EXPECT_THAT(said_, ElementsAre("TlsKept", "TlsKept"));
  put("two");
  EXPECT_TRUE(comes_to_show("two"));
  EXPECT_THAT(said_, ElementsAre("TlsKept", "TlsKept", "TlsTakenOver"));
}

TEST_F(ApiTlsFiles, AreLeftAloneWhileNothingChanges) {
  start();
  loop_.run_for(300ms);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(ApiTlsFiles, SayOnceThatTheCertificateHasEnded) {
  made_.sign_expired("old", "ca", "/CN=localhost");
  put("old");
  start();
  loop_.run_for(300ms);
  EXPECT_THAT(said_, ElementsAre("TlsExpired"));
  EXPECT_THAT(messages_.front(), HasSubstr("2020-01-02T00:00:00"));
}

}  // namespace
}  // namespace teal::test
