// A real HAProxy that Teal keeps: what its clients see while it is reloaded, killed, changed, and while all checks
// fail.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <thread>

#include "daemon/drivers/load_balancers/haproxy/managed/edge.hpp"
#include "daemon/http/http_client.hpp"
#include "daemon/wall_clock.hpp"
#include "tests/conformance/haproxy_process.hpp"
#include "tests/support/await.hpp"
#include "tests/support/load_process.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

ports::BackendSpec backend_of(const std::string& name, std::vector<spec::Route> routes) {
  ports::BackendSpec wanted;
  wanted.name = name;
  wanted.routes = std::move(routes);
  wanted.health.path = "/";
  wanted.health.interval = 200ms;
  wanted.replicas = 2;
  return wanted;
}

// How often the endurance tests do it: few times here, as often as tests/benchmark/edge says there.
int times(const char* what, int usual) {
  const auto* given = ::getenv(what);
  return given != nullptr ? std::stoi(given) : usual;
}

class ManagedHaproxyTest : public testing::Test {
 protected:
  ManagedHaproxyTest() {
    std::string pattern = "/tmp/teal-edge-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    port_ = free_port();
    std::filesystem::create_directory(folder_ + "/include");
    if (const auto* program = ::getenv("TEAL_HAPROXY_PROGRAM")) program_ = program;
    begin_teald();
  }
  ~ManagedHaproxyTest() override {
    haproxy_.reset();
    replicas_.clear();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  template <class T>
  T run(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }

  // Another teald; the one before is gone.
  void begin_teald() {
    haproxy::EdgeOptions options;
    options.place.listen = {{"127.0.0.1", port_, false}};
    options.place.directory = folder_ + "/edge";
    options.include = folder_ + "/include";
    options.program = program_;
    options.clock = &clock_;
    options.warn = [this](const std::string& problem) { warned_ += problem + "\n"; };
    edge_ = haproxy::make_edge(std::move(options));
    ASSERT_TRUE(run(edge_->begin()));
  }
  void start_haproxy() {
    HaproxyChoice choice;
    if (const auto* program = ::getenv("TEAL_HAPROXY_PROGRAM")) choice.program = program;
    choice.folder = folder_ + "/edge";
    choice.port = port_;
    choice.has_master_socket = false;
    haproxy_ = std::make_unique<HaproxyProcess>(choice);
  }
  // A replica of its own process; answers with its version.
  std::string start_replica(const std::string& version, const std::string& name) {
    const auto port = free_port();
    Program program;
    program.command = {TEAL_BIN_DIR "/sample_api"};
    program.environment = {{"PORT", std::to_string(port)}, {"APP_VERSION", version}, {"DB__HOST", "/nowhere"}};
    program.output = program.errors = folder_ + "/" + name + ".log";
    replicas_.insert_or_assign(name, std::make_unique<Process>(program));
    return fmt::format("127.0.0.1:{}", port);
  }
  void add(const std::string& name, const std::string& address, const std::string& backend = "shop_api") {
    ports::ServerSpec spec;
    spec.name = name;
    spec.address = address;
    const auto added = run(edge_->attach(backend, spec));
    ASSERT_TRUE(added) << added.error().message;
    ASSERT_TRUE(until([&] { return seen(name, backend).check_passed; })) << seen(name, backend).check;
    ASSERT_TRUE(run(edge_->admit(backend, name)));
    ASSERT_TRUE(until([&] { return seen(name, backend).up; })) << seen(name, backend).check;
  }
  void remove(const std::string& name, const std::string& backend = "shop_api") {
    ASSERT_TRUE(run(edge_->drain(backend, name)));
    ASSERT_TRUE(until([&] {
      const auto server = seen(name, backend);
      return server.name == name && server.sessions == 0;
    }));
    ASSERT_TRUE(until([&] { return static_cast<bool>(run(edge_->detach(backend, name, false))); }));
  }
  world::Server seen(const std::string& name, const std::string& backend = "shop_api") {
    const auto servers = run(edge_->servers(backend));
    if (!servers) return {};
    for (const auto& server : *servers) {
      if (server.name == name) return server;
    }
    return {};
  }
  static bool until(const std::function<bool()>& reached) {
    for (int i = 0; i < 1000; ++i) {
      if (reached()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  void claim(std::vector<ports::BackendSpec> backends, const std::string& application = "shop") {
    const auto claimed = run(edge_->claim(application, std::move(backends)));
    ASSERT_TRUE(claimed) << claimed.error().message;
  }
  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }

  struct Answer {
    int status = 0;
    std::string body;
  };
  Answer get(const std::string& path, const std::string& host = "") {
    http::Client client{loop_.get_executor(), http::parse_endpoint(url()).value()};
    http::Request request;
    request.target = path;
    if (!host.empty()) request.headers.emplace_back("Host", host);
    const auto response = run(client.request(request, 20s));
    return response ? Answer{response->status, response->body} : Answer{};
  }
  [[nodiscard]] std::string configuration() const { return read_text(folder_ + "/edge/haproxy.cfg"); }
  void kill_haproxy() {
    // Its workers end with the master.
    haproxy_->kill();
    haproxy_.reset();
  }

  void include(const std::string& name, const std::string& text) const {
    std::ofstream{folder_ + "/include/" + name} << text;
  }
  Result<void> take_includes() { return run(edge_->refresh_includes()); }

  std::string folder_;
  std::string program_ = "haproxy";
  int port_ = 0;
  boost::asio::io_context loop_;
  daemon::WallClock clock_;
  std::unique_ptr<haproxy::Edge> edge_;
  std::unique_ptr<HaproxyProcess> haproxy_;
  std::map<std::string, std::unique_ptr<Process>> replicas_;
  std::string warned_;
};

TEST_F(ManagedHaproxyTest, StartsBeforeAnythingIsKnownAndAnswers) {
  start_haproxy();
  EXPECT_EQ(get("/").status, 404);
  claim({backend_of("shop_api", {{}})});
  EXPECT_TRUE(run(edge_->servers("shop_api")).value().empty()) << "there, and empty";
  EXPECT_TRUE(run(edge_->obstacles("shop_api")).value().empty()) << "loaded by a reload that teald has asked for";
  add("a", start_replica("1", "a"));
  EXPECT_EQ(get("/").status, 200);
}

TEST_F(ManagedHaproxyTest, ReloadsLoseNothingWhileTealdRunsAndWhileItIsStopped) {
  start_haproxy();
  claim({backend_of("shop_api", {{}})});
  add("teal-shop-api-r1-0", start_replica("1", "a"));
  add("teal-shop-api-r1-1", start_replica("1", "b"));
  Load load{url(), folder_};
  const int reloads = times("TEAL_EDGE_RELOADS", 20) / 2;
  for (int i = 0; i < reloads; ++i) {
    haproxy_->reload();
    EXPECT_EQ(run(edge_->servers("shop_api")).value().size(), 2U);
  }
  edge_.reset();
  for (int i = 0; i < reloads; ++i) haproxy_->reload();
  begin_teald();
  const auto report = load.finish();
  EXPECT_GT(report.sent, 0U);
  EXPECT_EQ(report.failed, 0U) << report.kinds << report.errors;
}

TEST_F(ManagedHaproxyTest, UpgradesWithAReloadAtEveryStepLoseNothing) {
  start_haproxy();
  claim({backend_of("shop_api", {{}})});
  add("teal-shop-api-r1-0", start_replica("1", "r1"));
  Load load{url(), folder_};
  for (int revision = 2; revision < 5; ++revision) {
    const auto name = fmt::format("teal-shop-api-r{}-0", revision);
    const auto old = fmt::format("teal-shop-api-r{}-0", revision - 1);
    ports::ServerSpec spec;
    spec.name = name;
    spec.address = start_replica(std::to_string(revision), fmt::format("r{}", revision));
    ASSERT_TRUE(run(edge_->attach("shop_api", spec)));
    haproxy_->reload();
    ASSERT_TRUE(until([&] { return seen(name).check_passed; })) << seen(name).check;
    ASSERT_TRUE(run(edge_->admit("shop_api", name)));
    haproxy_->reload();
    ASSERT_TRUE(until([&] { return seen(name).up; })) << seen(name).check;
    ASSERT_TRUE(run(edge_->drain("shop_api", old)));
    haproxy_->reload();
    // A request that an older process has is seen by nobody here: its replica stays until they are over.
    ASSERT_TRUE(until([&] {
      const auto server = seen(old);
      return server.name == old && server.sessions == 0 && !edge_->leftover("shop_api").uncounted_before;
    })) << edge_->leftover("shop_api").why;
    ASSERT_TRUE(run(edge_->detach("shop_api", old, false)));
    replicas_.at(fmt::format("r{}", revision - 1))->signal(SIGTERM);
  }
  const auto report = load.finish();
  EXPECT_EQ(report.failed, 0U) << report.kinds << report.errors;
  EXPECT_EQ(report.versions.size(), 4U);
}

TEST_F(ManagedHaproxyTest, ARestartServesAtOnceWithoutTeald) {
  start_haproxy();
  claim({backend_of("shop_api", {{}})});
  add("teal-shop-api-r1-0", start_replica("1", "a"));
  edge_.reset();
  for (int i = 0; i < 2; ++i) {
    kill_haproxy();
    start_haproxy();
    EXPECT_EQ(get("/").status, 200);
  }
  begin_teald();
  EXPECT_TRUE(seen("teal-shop-api-r1-0").up);
}

// What fails is what the killed process had in hand, and what came while none listened: nobody is given a wrong answer.
TEST_F(ManagedHaproxyTest, KillsInEveryStepOfAnUpgradeCostOnlyWhatTheProcessHadInHand) {
  start_haproxy();
  claim({backend_of("shop_api", {{}})});
  add("teal-shop-api-r1-0", start_replica("1", "r1"));
  Load load{url(), folder_};
  const auto kill_and_start = [&] {
    kill_haproxy();
    start_haproxy();
    EXPECT_EQ(get("/").status, 200) << "at once";
  };
  const int kills = times("TEAL_EDGE_KILLS", 2);
  for (int done = 0, revision = 2; done < kills; ++revision) {
    const auto name = fmt::format("teal-shop-api-r{}-0", revision);
    const auto old = fmt::format("teal-shop-api-r{}-0", revision - 1);
    ports::ServerSpec spec;
    spec.name = name;
    spec.address = start_replica(std::to_string(revision), fmt::format("r{}", revision));
    ASSERT_TRUE(run(edge_->attach("shop_api", spec)));
    kill_and_start();
    ASSERT_TRUE(until([&] { return seen(name).check_passed; })) << seen(name).check;
    ASSERT_TRUE(run(edge_->admit("shop_api", name)));
    ASSERT_TRUE(until([&] { return seen(name).up; })) << seen(name).check;
    if (++done < kills) {
      edge_.reset();
      kill_and_start();
      begin_teald();
      ++done;
    }
    ASSERT_TRUE(until([&] { return seen(name).up; })) << seen(name).check;
    remove(old);
    replicas_.at(fmt::format("r{}", revision - 1))->signal(SIGTERM);
  }
  const auto report = load.finish();
  std::cout << fmt::format("  {} kills: {} requests, {} failed {}\n", kills, report.sent, report.failed, report.kinds);
  EXPECT_THAT(report.errors, Not(HasSubstr("status ")));
}

TEST_F(ManagedHaproxyTest, AHostComesBeforeEveryHostAndTheLongestPathWins) {
  start_haproxy();
  claim({backend_of("shop_api", {{"shop.example.com", "/api", Duration{0}}}),
         backend_of("shop_web", {{"shop.example.com", "/", Duration{0}}}), backend_of("shop_any", {{}})});
  add("api", start_replica("api", "api"), "shop_api");
  add("web", start_replica("web", "web"), "shop_web");
  add("any", start_replica("any", "any"), "shop_any");
  EXPECT_THAT(get("/", "shop.example.com").body, HasSubstr("\"web\""));
  EXPECT_THAT(get("/?q=/api", "Shop.Example.com:80").body, HasSubstr("\"web\""));
  EXPECT_THAT(get("/", "other.example.com").body, HasSubstr("\"any\""));
  EXPECT_EQ(haproxy_->ask("show map " + folder_ + "/edge/routes.map").find("shop.example.com/apis"), std::string::npos);
  const auto headers = edge_->probe_headers("shop_api");
  ASSERT_EQ(headers.size(), 1U);
  EXPECT_THAT(read_text(folder_ + "/edge/routes.map"), HasSubstr("shop.example.com/api/ shop_api\n"));
}

TEST_F(ManagedHaproxyTest, AHostComesBeforeItsWildcardAndThatBeforeEveryHost) {
  start_haproxy();
  claim({backend_of("shop_api", {{"shop.example.com", "/", Duration{0}}}),
         backend_of("shop_web", {{"*.example.com", "/", Duration{0}}}), backend_of("shop_any", {{}})});
  for (const std::string name : {"api", "web", "any"}) add(name, start_replica(name, name), "shop_" + name);
  EXPECT_THAT(get("/", "shop.example.com").body, HasSubstr("\"api\""));
  EXPECT_THAT(get("/", "Blog.Example.com:80").body, HasSubstr("\"web\""));
  EXPECT_THAT(get("/", "example.com").body, HasSubstr("\"any\"")) << "one label more, no fewer";
  EXPECT_THAT(get("/", "a.b.example.com").body, HasSubstr("\"any\"")) << "and no more, as with certificates";
}

TEST_F(ManagedHaproxyTest, ANewRouteLeadsToItsBackendOnceThatServes) {
  start_haproxy();
  claim({backend_of("shop_web", {{}})});
  add("web", start_replica("web", "web"), "shop_web");
  claim({backend_of("shop_new", {{}}), backend_of("shop_web", {{}})});
  EXPECT_THAT(get("/").body, HasSubstr("\"web\"")) << "the newer has no server yet";
  add("new", start_replica("new", "new"), "shop_new");
  EXPECT_THAT(get("/").body, HasSubstr("\"new\""));
  ASSERT_TRUE(run(edge_->drain("shop_new", "new")));
  EXPECT_THAT(get("/").body, HasSubstr("\"web\"")) << "as when a rollout goes back";
}

TEST_F(ManagedHaproxyTest, WhenAllChecksFailAtOnceRequestsGoOn) {
  start_haproxy();
  auto wanted = backend_of("shop_api", {{}});
  claim({wanted});
  add("a", start_replica("1", "a"));
  add("b", start_replica("1", "b"));
  // Its check is of something that does not answer any more, and it still serves.
  wanted.health.path = "/api/v1/health/check_up";
  wanted.health.failures = 1;
  claim({wanted});
  ASSERT_TRUE(until([&] { return !seen("a").up && !seen("b").up; })) << seen("a").check;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(get("/").status, 200);
  EXPECT_THAT(warned_, HasSubstr("backend shop_api: the checks of all its servers fail at once"));
  EXPECT_THAT(seen("a").check, HasSubstr("requests go on to all of them"));
  EXPECT_TRUE(seen("a").unchecked && seen("b").unchecked);
  wanted.health.path = "/";
  claim({wanted});
  ASSERT_TRUE(until([&] { return seen("a").up && seen("b").up; }));
  EXPECT_FALSE(seen("a").unchecked || seen("b").unchecked);
  EXPECT_THAT(warned_, HasSubstr("backend shop_api: checks pass again"));
}

TEST_F(ManagedHaproxyTest, ReplicasThatNeverPassedTheirCheckGetNothing) {
  start_haproxy();
  auto wanted = backend_of("shop_api", {{}});
  wanted.health.path = "/api/v1/health/check_up";
  claim({wanted});
  ports::ServerSpec spec;
  spec.name = "a";
  spec.address = start_replica("1", "a");
  ASSERT_TRUE(run(edge_->attach("shop_api", spec)));
  ASSERT_TRUE(run(edge_->admit("shop_api", "a")));
  EXPECT_EQ(get("/").status, 503);
}

TEST_F(ManagedHaproxyTest, RequestsAreHeldWhileNothingServes) {
  start_haproxy();
  claim({backend_of("shop_api", {{"", "/", 10s}})});
  add("old", start_replica("1", "old"));
  remove("old");
  replicas_.at("old")->signal(SIGTERM);
  const auto address = start_replica("2", "new");
  // Beside the load, which is under way when its first request is over: when somebody serves again.
  auto serving = std::async(std::launch::async, [&] {
    std::this_thread::sleep_for(1s);
    add("new", address);
  });
  Load load{url(), folder_, {5, 5, 0}};
  serving.get();
  const auto report = load.finish();
  EXPECT_GT(report.sent, 0U);
  EXPECT_EQ(report.failed, 0U) << report.kinds << report.errors;
}

TEST_F(ManagedHaproxyTest, MoreReplicasThanSlotsGetMoreSlots) {
  start_haproxy();
  claim({backend_of("shop_api", {{}})});
  const auto address = start_replica("1", "a");
  for (int i = 0; i < 10; ++i) add(fmt::format("teal-shop-api-r1-{}", i), address);
  EXPECT_EQ(run(edge_->servers("shop_api")).value().size(), 10U);
  EXPECT_THAT(configuration(), HasSubstr("server slot16 "));
}

TEST_F(ManagedHaproxyTest, AnIncludeIsTakenOverByAReloadAndWhatHaproxyRefusesIsNot) {
  start_haproxy();
  claim({backend_of("shop_api", {{}})});
  add("a", start_replica("1", "a"));
  include("backend.shop_api.cfg", "    http-response set-header X-Mine yes\n");
  include("backend.later.cfg", "    balance leastconn\n");
  include("frontend.cfg",
          "    http-request deny deny_status 429 if { path /limited } { var(txn.teal_backend) -m str shop_api }\n");
  include("sections.cfg", "backend mine\n    http-request return status 204\n");
  ASSERT_TRUE(take_includes());
  EXPECT_EQ(get("/limited").status, 429);
  EXPECT_EQ(get("/").status, 200);
  EXPECT_THAT(configuration(), HasSubstr("http-response set-header X-Mine yes"));
  const auto before = configuration();

  include("frontend.cfg", "    # a remark\n    http-request frobnicate\n");
  auto refused = take_includes();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("HAProxy refuses"));
  EXPECT_THAT(refused.error().message, HasSubstr("frontend.cfg line 2"));
  EXPECT_THAT(refused.error().message, HasSubstr("frobnicate"));
  EXPECT_EQ(configuration(), before);
  EXPECT_EQ(get("/limited").status, 429) << "what was in force before stays so";
  EXPECT_TRUE(take_includes()) << "said once: nothing has changed since";

  include("frontend.cfg", "backend evil\n");
  refused = take_includes();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("frontend.cfg: line 1 begins a section (backend)"));
  std::filesystem::remove(folder_ + "/include/frontend.cfg");
  include("backend.later.cfg", "    no such words\n");
  refused = take_includes();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("backend.later.cfg line 1")) << "of a backend that is not there yet";
  std::filesystem::remove(folder_ + "/include/backend.later.cfg");
  ASSERT_TRUE(take_includes());
  EXPECT_NE(get("/limited").status, 429);
}

TEST_F(ManagedHaproxyTest, WhatDoesNotFitAnIncludeIsRefusedBeforeItIsWritten) {
  start_haproxy();
  include("sections.cfg", "backend shop_api\n    http-request return status 204\n");
  ASSERT_TRUE(take_includes());
  const auto before = configuration();
  const auto claimed = run(edge_->claim("shop", {backend_of("shop_api", {{}})}));
  ASSERT_FALSE(claimed) << "two backends of one name";
  EXPECT_THAT(claimed.error().message, HasSubstr("HAProxy refuses"));
  EXPECT_EQ(configuration(), before);
  claim({backend_of("shop_web", {{}})});
  add("a", start_replica("1", "a"), "shop_web");
  EXPECT_EQ(get("/").status, 200);
}

TEST_F(ManagedHaproxyTest, WithoutHaproxyToJudgeNoIncludeIsTakenOver) {
  program_ = "no-such-haproxy";
  begin_teald();
  include("frontend.cfg", "    http-request deny\n");
  const auto refused = take_includes();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("no-such-haproxy"));
  EXPECT_EQ(configuration().find("http-request deny\n"), std::string::npos);
}

TEST_F(ManagedHaproxyTest, AChallengeIsAnsweredFromItsFolder) {
  ASSERT_TRUE(run(edge_->refresh_certificates()));
  start_haproxy();
  const auto folder = folder_ + "/edge/acme/.well-known/acme-challenge";
  std::filesystem::create_directories(folder);
  std::ofstream{folder + "/tok-en_1"} << "tok-en_1.thumb\n";
  ASSERT_TRUE(run(edge_->refresh_certificates()));
  EXPECT_EQ(get("/.well-known/acme-challenge/tok-en_1").body, "tok-en_1.thumb");
  haproxy_->reload();
  EXPECT_EQ(get("/.well-known/acme-challenge/tok-en_1").body, "tok-en_1.thumb");
  EXPECT_EQ(get("/.well-known/acme-challenge/other").status, 404);
}

}  // namespace
}  // namespace teal::test
