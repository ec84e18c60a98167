// Who gets in, on a real teald over real sockets: nobody does by a spec of their own, tokens and certificates do, and
// what ends ends.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>

#include "tests/integration/stage.hpp"
#include "tests/support/certificates.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;

class Access : public Stage {
 protected:
  void SetUp() override {
    Stage::SetUp();
    shop_.workers = 0;
  }

  // Another teald with these lines below `api:`.
  void start_with(const std::string& more_api) {
    auto wanted = settings(folder() + "/guarded");
    wanted.more_api = more_api;
    replace_teald(wanted);
  }

  [[nodiscard]] int status(const std::string& url, const std::string& token, const std::string& method,
                           const std::string& target, const std::string& body = "", runtime::TlsFiles tls = {}) const {
    Rest rest{url, token, std::move(tls)};
    const auto answer = rest.request(method, target, body);
    return answer ? answer->status : 0;
  }
  [[nodiscard]] std::string loopback() const { return fmt::format("http://127.0.0.1:{}", port()); }
  [[nodiscard]] int port() const { return const_cast<Access*>(this)->teald().port(); }

  // What `teal token create` prints, and nothing else. `words`: the shell's.
  std::string make_token(const std::string& words) {
    const auto command =
        fmt::format("'{}/teal' token create {} --file '{}' 2>>'{}/token.log'", TEAL_BIN_DIR, words, tokens(), folder());
    const auto made = run_to_end({"sh", "-c", command}, folder());
    EXPECT_EQ(made.status, 0) << made.text << read_text(folder() + "/token.log");
    EXPECT_EQ(made.text.find('\n') + 1, made.text.size()) << "one line: " << made.text.size();
    return made.text.substr(0, made.text.find('\n'));
  }
  [[nodiscard]] std::string tokens() const { return folder() + "/tokens.yaml"; }

  Shop shop_;
};

constexpr const char* shop = "/apis/teal/v1/applications/shop";

TEST_F(Access, NobodyHasASpecOfTheirOwnRunReadOrConnected) {
  ASSERT_TRUE(install(shop_));
  const auto proof = folder() + "/was-here";
  const auto body = fmt::format(
      R"({{"apiVersion":"teal/v1","kind":"Application","metadata":{{"name":"shop"}},"spec":{{"version":"9","image":"x",)"
      R"("env":{{"A":{{"fromExec":["/bin/sh","-c","id > {}; echo x"]}},"B":{{"fromFile":"/etc/shadow"}}}},)"
      R"("migration":{{"jobs":[{{"name":"default","command":["./x"],"credentials":{{"DB__USER":{{"fromExec":["/usr/bin/touch","{}"]}}}}}}]}},)"
      R"("components":[{{"name":"api"}}]}}}})",
      proof, proof);
  const std::string base = shop;
  EXPECT_EQ(status(loopback(), "", "POST", base + "/plan", body), 403);
  EXPECT_EQ(status(loopback(), "", "POST", base + "/plan"), 403);
  EXPECT_EQ(status(loopback(), "", "POST", base + "/preflight"), 403);
  EXPECT_EQ(status(loopback(), "", "PUT", base, body), 403);
  EXPECT_FALSE(fs::exists(proof));
  EXPECT_EQ(status(loopback(), "", "GET", base), 200);
  // The same as root over the Unix socket does what it says, so the proof could have been there.
  EXPECT_EQ(status(teald().url(), "", "POST", base + "/plan", body), 200);
  EXPECT_TRUE(fs::exists(proof));
}

TEST_F(Access, UsersOfTheUnixSocketMayWhatTheirGroupMay) {
  start_with("  groups: {games: viewer, mail: operator, news: admin}\n");
  ASSERT_TRUE(install(shop_));
  fs::permissions(folder(), fs::perms{0755});
  const auto as = [&](const std::string& groups, std::vector<std::string> words) {
    std::vector<std::string> command{"setpriv",  "--reuid",    "65534", "--regid", "65534", TEAL_BIN_DIR "/teal",
                                     "--server", teald().url()};
    if (groups.empty()) command.insert(command.begin() + 5, "--clear-groups");
    if (!groups.empty()) command.insert(command.begin() + 5, {"--groups", groups});
    command.insert(command.end(), words.begin(), words.end());
    return run_to_end(command, folder());
  };
  const auto stranger = as("", {"get"});
  EXPECT_EQ(stranger.status, 1);
  EXPECT_NE(stranger.text.find("requires the role viewer"), std::string::npos) << stranger.text;
  EXPECT_EQ(as("60", {"get"}).status, 0) << "games";
  EXPECT_NE(as("60", {"pause", "shop"}).text.find("requires the role operator"), std::string::npos);
  EXPECT_NE(as("8", {"pause", "shop"}).text.find("requires the role"), 0U);
  EXPECT_EQ(as("8", {"preflight", "shop"}).status, 0) << "mail";
  EXPECT_NE(as("8", {"delete", "shop"}).text.find("requires the role admin"), std::string::npos);
  const auto owned = as("9", {"delete", "shop"});
  EXPECT_EQ(owned.text.find("requires the role"), std::string::npos) << "news: a file owns it, which is another matter";
}

TEST_F(Access, TokensGetInUntilTheyAreRevokedAndOnlyAsFarAsTheyReach) {
  const auto viewer = make_token("viewer --role viewer --expires 1h");
  start_with(fmt::format("  tokens: {}\n", tokens()));
  ASSERT_TRUE(install(shop_));
  const auto other = make_token("other --role operator --applications blog");
  const auto operates = make_token("operates --role operator --applications 'sh*'");
  const std::string base = shop;
  ASSERT_TRUE(eventually("the new tokens are taken over", 5s,
                         [&] { return status(loopback(), operates, "GET", base) == 200; }));
  EXPECT_EQ(status(loopback(), "", "GET", base), 401);
  EXPECT_EQ(status(loopback(), "", "GET", "/metrics"), 401);
  EXPECT_EQ(status(loopback(), "", "GET", "/readyz"), 200);
  EXPECT_EQ(status(loopback(), "teal_nonsense", "GET", base), 401);
  EXPECT_EQ(status(loopback(), viewer, "GET", base), 200);
  EXPECT_EQ(status(loopback(), viewer, "POST", base + "/pause"), 403);
  EXPECT_EQ(status(loopback(), other, "GET", base), 403);
  EXPECT_EQ(status(loopback(), operates, "POST", base + "/pause"), 409) << "nothing is under way";
  EXPECT_EQ(status(loopback(), operates, "GET", "/metrics"), 403);
  Rest limited{loopback(), other};
  EXPECT_TRUE(array_at(limited.get("/apis/teal/v1/applications"), "/items").empty());
  EXPECT_TRUE(array_at(limited.get("/apis/teal/v1/events"), "/items").empty());
  EXPECT_TRUE(array_at(limited.get("/apis/teal/v1/rollouts"), "/items").empty());

  // A watch of somebody who may no longer ends too.
  Process watch{Program{
      {"curl", "-sN", "-H", "Authorization: Bearer " + viewer, loopback() + "/apis/teal/v1/applications?watch=true"},
      {},
      "",
      folder() + "/watch.log",
      ""}};
  ASSERT_TRUE(eventually("the watch has begun", 5s, [&] { return !read_text(folder() + "/watch.log").empty(); }));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(run_to_end({TEAL_BIN_DIR "/teal", "token", "revoke", "viewer", "--file", tokens()}, folder()).status, 0);
  EXPECT_TRUE(eventually("it is refused", 5s, [&] { return status(loopback(), viewer, "GET", base) == 401; }));
  EXPECT_TRUE(watch.wait(5s).has_value()) << "the stream goes on";
  std::cout << fmt::format("  a revocation held after {:.2f} s\n",
                           std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count());
}

TEST_F(Access, TokensThatCannotBeReadAreAnEventAndAWarningUntilTheyAreMended) {
  const auto viewer = make_token("viewer --role viewer");
  start_with(fmt::format("  tokens: {}\n", tokens()));
  const auto warning = [&] {
    Rest rest{teald().url()};
    const auto answer = rest.request("GET", "/readyz");
    return answer && answer->status == 200 ? answer->text : std::string{};
  };
  ASSERT_TRUE(eventually("it is ready", 10s, [&] { return warning() == "ok\n"; })) << warning();
  fs::permissions(tokens(), fs::perms{0644});
  EXPECT_TRUE(
      eventually("it is said", 5s, [&] { return warning().find("chmod 600 " + tokens()) != std::string::npos; }));
  EXPECT_EQ(status(loopback(), viewer, "GET", "/version"), 200) << "the tokens read before stay";
  EXPECT_EQ(status(loopback(), "", "GET", "/readyz"), 200);
  Rest root{teald().url()};
  const auto events = boost::json::serialize(root.get("/apis/teal/v1/events"));
  EXPECT_NE(events.find("TokensUnreadable"), std::string::npos) << events;
  fs::permissions(tokens(), fs::perms{0600});
  EXPECT_TRUE(eventually("it is over", 5s, [&] { return warning() == "ok\n"; })) << warning();
}

TEST_F(Access, FollowersSayWhyTheyEndWhenTheirTokenIsRevokedOrTealdGoes) {
  const auto first = make_token("first --role admin");
  const auto second = make_token("second --role admin");
  start_with(fmt::format("  tokens: {}\n", tokens()));
  ASSERT_TRUE(install(shop_));
  const auto follow = [&](const std::string& token, std::vector<std::string> words, const std::string& name) {
    words.insert(words.begin(), TEAL_BIN_DIR "/teal");
    const auto log = folder() + "/" + name + ".log";
    const Program program{words, {{"TEAL_TOKEN", token}, {"TEAL_SERVER", loopback()}}, "", log, log};
    auto process = std::make_unique<Process>(program);
    EXPECT_TRUE(eventually(name + " has begun", 10s, [&] { return !read_text(log).empty(); }));
    return process;
  };
  const auto audit = follow(first, {"audit", "--follow"}, "audit");
  const auto logs = follow(first, {"logs", "shop", "--component", "api", "--follow"}, "logs");
  const auto status = follow(first, {"status", "shop", "--watch"}, "status");
  const auto other = follow(second, {"audit", "--follow"}, "other");
  EXPECT_EQ(run_to_end({TEAL_BIN_DIR "/teal", "token", "revoke", "first", "--file", tokens()}, folder()).status, 0);
  EXPECT_EQ(audit->wait(10s), 1);
  EXPECT_EQ(logs->wait(10s), 1);
  EXPECT_EQ(status->wait(10s), 1);
  for (const std::string name : {"audit", "logs", "status"}) {
    EXPECT_NE(read_text(folder() + "/" + name + ".log").find("wrong, expired or revoked"), std::string::npos) << name;
  }
  EXPECT_TRUE(other->running());
  teald().stop();
  EXPECT_EQ(other->wait(10s), 3);
  EXPECT_NE(read_text(folder() + "/other.log").find("cannot reach teald"), std::string::npos);
}

TEST_F(Access, CertificatesGetInOverTlsAndAreTakenOverWhileItRuns) {
  const Certificates made;
  made.make_authority("ca");
  made.make_authority("people");
  made.make_authority("strangers");
  made.sign("server", "ca", "/CN=teald");
  made.sign("ann", "people", "/CN=ann/O=teal:operator", "extendedKeyUsage=clientAuth");
  made.sign("eve", "strangers", "/CN=eve/O=teal:admin", "extendedKeyUsage=clientAuth");
  start_with(fmt::format("  tls: {{certificate: {0}, key: {1}, clientCA: {2}}}\n", made.pem("server"),
                         made.key("server"), made.pem("people")));
  ASSERT_TRUE(install(shop_));
  const auto url = fmt::format("https://127.0.0.1:{}", teald().port());
  const std::string base = shop;
  runtime::TlsFiles nobody{made.pem("ca"), "", ""};
  runtime::TlsFiles ann{made.pem("ca"), made.pem("ann"), made.key("ann")};
  runtime::TlsFiles eve{made.pem("ca"), made.pem("eve"), made.key("eve")};
  EXPECT_EQ(status(url, "", "GET", base, "", nobody), 401);
  EXPECT_EQ(status(url, "", "GET", "/healthz", "", nobody), 200);
  EXPECT_EQ(status(url, "", "GET", base, "", ann), 200);
  EXPECT_EQ(status(url, "", "POST", base + "/pause", "", ann), 409);
  EXPECT_EQ(status(url, "", "DELETE", base, "", ann), 403);
  EXPECT_EQ(status(url, "", "GET", base, "", eve), 0) << "nobody vouches for her";
  EXPECT_EQ(status(loopback(), "", "GET", "/healthz"), 0) << "plain HTTP on that door";
  const auto listed = run_to_end({TEAL_BIN_DIR "/teal", "--server", url, "--ca", made.pem("ca"), "--certificate",
                                  made.pem("ann"), "--key", made.key("ann"), "get"},
                                 folder());
  EXPECT_EQ(listed.status, 0) << listed.text;

  const auto said = [&](const std::string& sentence) {
    return eventually(sentence, 5s, [&] { return read_text(teald().log_file()).find(sentence) != std::string::npos; });
  };
  EXPECT_TRUE(said("no connection with 127.0.0.1: the client's certificate is refused: "));
  EXPECT_TRUE(said("no connection with 127.0.0.1: TLS: the other side speaks plain HTTP"));
  const auto plain = run_to_end({TEAL_BIN_DIR "/teal", "--server", loopback(), "get"}, folder());
  EXPECT_EQ(plain.status, 1);
  EXPECT_NE(plain.text.find("use --server " + url), std::string::npos) << plain.text;

  Rest before{url, "", ann};
  ASSERT_TRUE(before.request("GET", base));
  made.make_authority("new-ca");
  made.sign("new", "new-ca", "/CN=teald");
  fs::rename(made.key("new"), made.key("server"));
  fs::rename(made.pem("new"), made.pem("server"));
  runtime::TlsFiles anew{made.pem("new-ca"), made.pem("ann"), made.key("ann")};
  EXPECT_TRUE(eventually("the new certificate is taken over", 10s,
                         [&] { return status(url, "", "GET", base, "", anew) == 200; }));
  const auto kept = before.request("GET", base);
  EXPECT_TRUE(kept && kept->status == 200) << "connections that are open go on";

  // The way to take a certificate out: its authority's is replaced. The connection that is open stays, and is nobody's.
  fs::rename(made.pem("strangers"), made.pem("people"));
  EXPECT_TRUE(eventually("her authority counts no more", 10s, [&] {
    const auto answer = before.request("GET", base);
    return answer && answer->status == 401;
  }));
}

}  // namespace
}  // namespace teal::test
