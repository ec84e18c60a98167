// Certificates of a HAProxy that Teal keeps, with real ones: exchanged under load, and some that cannot be used.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "daemon/drivers/load_balancers/haproxy/managed/edge.hpp"
#include "daemon/wall_clock.hpp"
#include "tests/conformance/haproxy_process.hpp"
#include "tests/support/await.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/rest.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// Requests over TLS from threads of its own, on new and on kept connections; each verifies the certificate.
class TlsLoad {
 public:
  TlsLoad(std::string url, std::string authorities) : url_(std::move(url)) {
    tls_.authorities = std::move(authorities);
    for (const bool keeps : {true, false, false}) threads_.emplace_back([this, keeps] { go_on(keeps); });
  }
  ~TlsLoad() { stop(); }
  void stop() {
    stopping_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  [[nodiscard]] int sent() const { return sent_; }
  [[nodiscard]] int failed() const { return failed_; }

 private:
  void go_on(bool keeps) {
    auto rest = std::make_unique<Rest>(url_, "", tls_);
    while (!stopping_) {
      if (!keeps) rest = std::make_unique<Rest>(url_, "", tls_);
      const auto answer = rest->request("GET", "/");
      sent_ += 1;
      if (!answer || answer->status != 200) failed_ += 1;
    }
  }

  std::string url_;
  runtime::TlsFiles tls_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> sent_ = 0;
  std::atomic<int> failed_ = 0;
  std::vector<std::thread> threads_;
};

class EdgeCertificatesTest : public testing::Test {
 protected:
  EdgeCertificatesTest() {
    std::string pattern = "/tmp/teal-edge-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directories(folder_ + "/served");
    port_ = free_port();
    tls_port_ = free_port();
    made_.make_authority("ca");
    haproxy::EdgeOptions options;
    options.place.listen = {{"127.0.0.1", port_, false}, {"127.0.0.1", tls_port_, true}};
    options.place.directory = folder_ + "/edge";
    options.certificates = folder_ + "/served";
    options.clock = &clock_;
    options.warn = [this](const std::string& problem) { warned_ += problem + "\n"; };
    edge_ = haproxy::make_edge(std::move(options));
    EXPECT_TRUE(run(edge_->begin()));
  }
  ~EdgeCertificatesTest() override {
    haproxy_.reset();
    replica_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  template <class T>
  T run(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }

  void start_haproxy() {
    HaproxyChoice choice;
    if (const auto* program = ::getenv("TEAL_HAPROXY_PROGRAM")) choice.program = program;
    choice.folder = folder_ + "/edge";
    choice.port = tls_port_;
    choice.has_master_socket = false;
    haproxy_ = std::make_unique<HaproxyProcess>(choice);
  }
  // One replica, to which every request goes.
  void serve() {
    ports::BackendSpec wanted;
    wanted.name = "shop_api";
    wanted.routes = {{}};
    wanted.health.path = "/";
    wanted.health.interval = 200ms;
    wanted.replicas = 1;
    ASSERT_TRUE(run(edge_->claim("shop", {wanted})));
    const auto port = free_port();
    Program program;
    program.command = {TEAL_BIN_DIR "/sample_api"};
    program.environment = {{"PORT", std::to_string(port)}, {"APP_VERSION", "1"}, {"DB__HOST", "/nowhere"}};
    program.output = program.errors = folder_ + "/replica.log";
    replica_ = std::make_unique<Process>(program);
    ports::ServerSpec spec;
    spec.name = "a";
    spec.address = fmt::format("127.0.0.1:{}", port);
    ASSERT_TRUE(run(edge_->attach("shop_api", spec)));
    ASSERT_TRUE(until([&] { return server().check_passed; }));
    ASSERT_TRUE(run(edge_->admit("shop_api", "a")));
    ASSERT_TRUE(until([&] { return server().up; }));
  }
  world::Server server() {
    const auto servers = run(edge_->servers("shop_api"));
    return servers && !servers->empty() ? servers->front() : world::Server{};
  }
  static bool until(const std::function<bool()>& reached) {
    for (int i = 0; i < 3000; ++i) {
      if (reached()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  // Renamed into place, as a hook of certbot's does it.
  void put(const std::string& file, const std::string& text) {
    std::ofstream{folder_ + "/served/" + file + ".new"} << text;
    fs::rename(folder_ + "/served/" + file + ".new", folder_ + "/served/" + file);
  }
  void take_over() {
    const auto taken = run(edge_->refresh_certificates());
    EXPECT_TRUE(taken) << taken.error().message;
  }
  // A certificate, its authority's and its key; signs a new one.
  std::string bundle(const std::string& name, const std::string& host) {
    made_.sign(name, "ca", "/CN=" + host, "subjectAltName=DNS:" + host);
    return Certificates::text(made_.pem(name)) + Certificates::text(made_.pem("ca")) +
           Certificates::text(made_.key(name));
  }
  std::string serial_of(const std::string& name) {
    return output_of("openssl x509 -noout -serial -in " + made_.pem(name));
  }
  // Of what HAProxy serves to this name; empty: it serves none.
  std::string served_serial(const std::string& host) {
    return output_of(
        fmt::format("openssl s_client -connect 127.0.0.1:{} -servername {} </dev/null 2>/dev/null | "
                    "openssl x509 -noout -serial 2>/dev/null",
                    tls_port_, host));
  }
  std::string output_of(const std::string& command) { return run_to_end({"sh", "-c", command}, folder_).text; }
  [[nodiscard]] std::string url() const { return fmt::format("https://localhost:{}", tls_port_); }

  std::string folder_;
  int port_ = 0;
  int tls_port_ = 0;
  Certificates made_;
  boost::asio::io_context loop_;
  daemon::WallClock clock_;
  std::unique_ptr<haproxy::Edge> edge_;
  std::unique_ptr<HaproxyProcess> haproxy_;
  std::unique_ptr<Process> replica_;
  std::string warned_;
};

TEST_F(EdgeCertificatesTest, ExchangesUnderLoadLoseNothingAndEachNewOneIsServed) {
  put("local.pem", bundle("local", "localhost"));
  take_over();
  start_haproxy();
  serve();
  TlsLoad load{url(), made_.pem("ca")};
  ASSERT_TRUE(until([&] { return load.sent() > 0; }));
  const auto* often = ::getenv("TEAL_EDGE_EXCHANGES");
  for (int i = 0; i < (often != nullptr ? std::stoi(often) : 20); ++i) {
    const auto before = load.sent();
    put("local.pem", bundle("local", "localhost"));
    take_over();
    EXPECT_EQ(served_serial("localhost"), serial_of("local"));
    if (i % 5 == 4) {
      haproxy_->reload();
      EXPECT_EQ(served_serial("localhost"), serial_of("local")) << "after a reload too";
    }
    ASSERT_TRUE(until([&] { return load.sent() > before; }));
  }
  load.stop();
  EXPECT_EQ(load.failed(), 0) << "of " << load.sent();
  EXPECT_EQ(warned_, "");
}

TEST_F(EdgeCertificatesTest, OnesThatComeAndGoAreServedAndForgottenWithoutAReload) {
  start_haproxy();
  serve();
  take_over();
  EXPECT_EQ(served_serial("localhost"), "") << "without one there is no connection";
  put("local.pem", bundle("local", "localhost"));
  put("wild.pem", bundle("wild", "*.example.com"));
  take_over();
  EXPECT_EQ(served_serial("localhost"), serial_of("local"));
  EXPECT_EQ(served_serial("shop.example.com"), serial_of("wild"));
  EXPECT_EQ(served_serial("example.org"), "");
  fs::remove(folder_ + "/served/wild.pem");
  take_over();
  EXPECT_EQ(served_serial("shop.example.com"), "");
  EXPECT_EQ(served_serial("localhost"), serial_of("local"));
  haproxy_->reload();
  EXPECT_EQ(served_serial("shop.example.com"), "");
  EXPECT_EQ(served_serial("localhost"), serial_of("local"));
}

TEST_F(EdgeCertificatesTest, WhatCannotBeUsedIsLeftOutAndSaidAndTheOthersAreServed) {
  const auto other = bundle("other", "other.example.com");
  fs::create_symlink(folder_ + "/nowhere", folder_ + "/served/dangling.pem");
  fs::create_directory(folder_ + "/served/folder.pem");
  put("keyless.pem", Certificates::text(made_.pem("other")));
  put("mismatched.pem", Certificates::text(made_.pem("ca")) + Certificates::text(made_.key("other")));
  put("garbage.pem", "nothing of the kind\n");
  // OpenSSL loads it, and TLS does not.
  made_.run(
      "openssl req -x509 -newkey rsa:512 -nodes -keyout weak.key -out weak.pem -days 1 -subj /CN=weak.example.com");
  put("a-weak.pem", Certificates::text(made_.pem("weak")) + Certificates::text(made_.key("weak")));
  put("local.pem", bundle("local", "localhost"));
  take_over();
  start_haproxy();
  EXPECT_EQ(served_serial("localhost"), serial_of("local"));
  for (const std::string name : {"a-weak", "dangling", "folder", "keyless", "mismatched", "garbage"})
    EXPECT_THAT(warned_, HasSubstr("served/" + name + ".pem is not served: ")) << warned_;
  EXPECT_THAT(warned_, Not(HasSubstr("local.pem")));
  put("other.pem", other);
  take_over();
  EXPECT_EQ(served_serial("other.example.com"), serial_of("other"));
  haproxy_->reload();
  EXPECT_EQ(served_serial("localhost"), serial_of("local"));
}

TEST_F(EdgeCertificatesTest, TheOneBeforeGoesOnWhileItsSuccessorIsHalfWritten) {
  const auto first = bundle("local", "localhost");
  const auto serial = serial_of("local");
  put("local.pem", first);
  take_over();
  start_haproxy();
  const auto second = bundle("local", "localhost");
  put("local.pem", second.substr(0, second.size() / 2));
  take_over();
  EXPECT_EQ(served_serial("localhost"), serial);
  EXPECT_THAT(warned_, HasSubstr("local.pem is not served: "));
  put("local.pem", second);
  take_over();
  EXPECT_EQ(served_serial("localhost"), serial_of("local"));
}

}  // namespace
}  // namespace teal::test
