// teal doctor: the words of each check, by facts; and the verb on a machine where nothing is set up.
#include <gmock/gmock.h>

#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "cli/doctor/examine.hpp"
#include "cli/doctor/gather.hpp"
#include "manifests/foundation/parse_time.hpp"
#include "tests/unit/cli/fake_teald.hpp"
#include "tests/unit/cli/tcp_teald.hpp"

namespace teal::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

const Time noon = parse_time("2026-11-30T12:00:00Z").value();

SocketFacts open_socket(const std::string& path, const std::string& group) {
  return {path, true, true, true, group, true};
}

// A machine with nothing to complain of.
Facts healthy() {
  Facts facts;
  facts.config_path = "/etc/teal/teald.yaml";
  facts.user = "teal";
  facts.socket = open_socket("/run/teal/teal.sock", "teal");
  facts.teald = {"unix:///run/teal/teal.sock", true, "", true, {}};
  facts.unit = {true, true, true, "active", {}};
  EngineFacts engine;
  engine.name = "local";
  engine.socket = open_socket("/var/run/docker.sock", "docker");
  engine.version = "20.10.24";
  engine.api = "1.41";
  engine.folder = "/var/lib/docker";
  engine.free = 50ULL << 30U;
  engine.ahead = 1s;
  facts.engines.push_back(engine);
  facts.load_balancers.push_back({"edge", "haproxy", open_socket("/run/haproxy/admin.sock", "haproxy"), "2.6.12"});
  facts.clock_is_synchronised = true;
  facts.check = {true, "", true, {}};
  return facts;
}

// What is not well, one a line: "problem teald.yaml: there is no … do: …".
std::vector<std::string> complaints(const Facts& facts) {
  std::vector<std::string> lines;
  for (const auto& finding : examine(facts, noon)) {
    if (finding.severity == Severity::Ok) continue;
    auto line = std::string{to_string(finding.severity)} + " " + finding.what + ": " + finding.says;
    if (!finding.fix.empty()) line += " do: " + finding.fix;
    for (const auto& more : finding.more) line += " | " + more;
    lines.push_back(std::move(line));
  }
  return lines;
}

TEST(Doctor, HasNothingToSayAboutAMachineThatIsWell) {
  EXPECT_THAT(complaints(healthy()), IsEmpty());
  EXPECT_GE(examine(healthy(), noon).size(), 8U) << "but says what it looked at";
}

TEST(Doctor, NamesProblemsBeforeWarningsBeforeWhatIsWell) {
  auto facts = healthy();
  facts.clock_is_synchronised = false;
  facts.load_balancers[0].version = "2.4.1";
  const auto found = examine(facts, noon);
  EXPECT_EQ(found[0].severity, Severity::Problem);
  EXPECT_EQ(found[1].severity, Severity::Warning);
  EXPECT_TRUE(std::ranges::is_sorted(found, {}, &Finding::severity));
}

TEST(Doctor, SaysThatThereIsNoConfiguration) {
  auto facts = healthy();
  facts.config_is_there = false;
  facts.config_trouble = "/etc/teal/teald.yaml: No such file or directory";
  EXPECT_THAT(complaints(facts), ElementsAre(AllOf(HasSubstr("problem teald.yaml: there is no /etc/teal/teald.yaml"),
                                                   HasSubstr("teald --check --config /etc/teal/teald.yaml"))));
  facts.config_is_there = true;
  facts.config_trouble = "/etc/teal/teald.yaml:3:1: a tab";
  EXPECT_THAT(complaints(facts), ElementsAre("problem teald.yaml: /etc/teal/teald.yaml:3:1: a tab do: teald --check "
                                             "--config /etc/teal/teald.yaml"));
}

TEST(Doctor, SaysThatTealdsUserIsMissing) {
  auto facts = healthy();
  facts.user_is_there = false;
  EXPECT_THAT(complaints(facts),
              ElementsAre("problem user: teald's unit runs it as teal, a user that is not there do: systemd-sysusers"));
}

TEST(Doctor, SaysWhatTheUnitDoes) {
  auto facts = healthy();
  facts.unit.enabled = false;
  EXPECT_THAT(complaints(facts), ElementsAre(HasSubstr("do: systemctl enable teald")));
  facts.unit.installed = false;
  EXPECT_THAT(complaints(facts), ElementsAre(AllOf(HasSubstr("warning unit"), HasSubstr("after a reboot"))));
  facts.teald.answers = false;
  facts.teald.trouble = "cannot reach teald at unix:///run/teal/teal.sock";
  EXPECT_THAT(complaints(facts), ElementsAre(HasSubstr("problem unit: teald.service is not installed"),
                                             HasSubstr("problem teald: cannot reach teald")));
  facts.unit = {true, true, true, "failed", {"teald.yaml:3: wrong"}};
  EXPECT_THAT(complaints(facts), ElementsAre(AllOf(HasSubstr("problem unit: teald.service is failed"),
                                                   HasSubstr("| teald.yaml:3: wrong"), HasSubstr("journalctl")),
                                             HasSubstr("problem teald")));
  facts.unit = {};
  EXPECT_THAT(complaints(facts), ElementsAre(HasSubstr("do: teald --config /etc/teal/teald.yaml")));
}

TEST(Doctor, SaysWhyTealdIsNotReady) {
  auto facts = healthy();
  facts.teald.ready = false;
  facts.teald.says = {"load balancer edge: no such backend"};
  EXPECT_THAT(complaints(facts),
              ElementsAre(AllOf(HasSubstr("problem teald: answers at unix:///run/teal/teal.sock, but is not ready"),
                                HasSubstr("| load balancer edge: no such backend"))));
  facts.teald.ready = true;
  EXPECT_THAT(complaints(facts), ElementsAre("warning teald: load balancer edge: no such backend"));
}

TEST(Doctor, SaysHowToGetIntoTheGroupOfASocket) {
  auto facts = healthy();
  facts.teald.answers = false;
  facts.socket.may_i = false;
  EXPECT_THAT(complaints(facts), ElementsAre(AllOf(HasSubstr("you may not open its socket /run/teal/teal.sock"),
                                                   HasSubstr("usermod -aG teal"))));
  facts = healthy();
  facts.engines[0].socket.may_teald = false;
  EXPECT_THAT(complaints(facts),
              ElementsAre("problem engine local: teald (user teal) may not open /var/run/docker.sock do: "
                          "usermod -aG docker teal && systemctl restart teald"));
  facts = healthy();
  facts.load_balancers[0].socket.may_teald = false;
  EXPECT_THAT(complaints(facts), ElementsAre(HasSubstr("do: usermod -aG haproxy teal && systemctl restart teald")));
  facts.load_balancers[0].socket.group = "root";
  EXPECT_THAT(complaints(facts), ElementsAre(HasSubstr("give the socket to a group that teal is in")));
}

TEST(Doctor, SaysWhatIsWrongWithDocker) {
  const auto with = [](auto change) {
    auto facts = healthy();
    change(facts.engines[0]);
    return complaints(facts);
  };
  EXPECT_THAT(with([](EngineFacts& engine) { engine.socket.is_there = false; }),
              ElementsAre(AllOf(HasSubstr("there is no socket"), HasSubstr("systemctl enable --now docker"))));
  EXPECT_THAT(with([](EngineFacts& engine) { engine.socket.listens = false; }),
              ElementsAre(HasSubstr("nobody listens")));
  EXPECT_THAT(with([](EngineFacts& engine) { engine.socket.may_i = false; }),
              ElementsAre(AllOf(HasSubstr("warning"), HasSubstr("do: sudo teal doctor"))));
  EXPECT_THAT(with([](EngineFacts& engine) { engine.api = "1.40"; }),
              ElementsAre(HasSubstr("problem engine local: Docker 20.10.24 has API 1.40, Teal needs 1.41")));
  EXPECT_THAT(with([](EngineFacts& engine) { engine.api = "1.9"; }), ElementsAre(HasSubstr("has API 1.9"))) << "9 < 41";
  EXPECT_THAT(with([](EngineFacts& engine) { engine.api = "1.100"; }), IsEmpty());
  EXPECT_THAT(with([](EngineFacts& engine) { engine.free = 512ULL << 20U; }),
              ElementsAre(AllOf(HasSubstr("problem engine local disk: 0.5 GiB are free in /var/lib/docker"),
                                HasSubstr("docker image prune"))));
  EXPECT_THAT(with([](EngineFacts& engine) { engine.free = 3ULL << 30U; }),
              ElementsAre(HasSubstr("warning engine local disk")));
  EXPECT_THAT(with([](EngineFacts& engine) { engine.ahead = -1min; }),
              ElementsAre(HasSubstr("Docker's clock is 1m behind")));
  EXPECT_THAT(with([](EngineFacts& engine) { engine.trouble = "no answer"; }), ElementsAre(HasSubstr("no answer")));
}

TEST(Doctor, SaysWhatIsWrongWithHaproxy) {
  auto facts = healthy();
  facts.load_balancers[0].service = "teal-edge";
  facts.load_balancers[0].socket.is_there = false;
  EXPECT_THAT(complaints(facts), ElementsAre(HasSubstr("do: systemctl enable --now teal-edge")));
  facts = healthy();
  facts.load_balancers[0].version = "2.4.22";
  EXPECT_THAT(complaints(facts), ElementsAre(HasSubstr("problem load balancer edge: HAProxy 2.4.22 is too old")));
  facts.load_balancers[0].version = "3.0.1";
  EXPECT_THAT(complaints(facts), IsEmpty());
  facts.load_balancers[0].version = "";
  EXPECT_THAT(complaints(facts),
              ElementsAre(AllOf(HasSubstr("does not answer `show info`"), HasSubstr("level admin"))));
}

TEST(Doctor, SaysWhatHaproxysSocketDoesNotAllowAndThatItHasNoBackend) {
  auto facts = healthy();
  facts.load_balancers[0].level = "operator";
  EXPECT_THAT(complaints(facts),
              ElementsAre(AllOf(HasSubstr("problem load balancer edge: its socket /run/haproxy/admin.sock only allows"),
                                HasSubstr("level admin expose-fd listeners"))));
  facts.load_balancers[0].level = "admin";
  facts.load_balancers[0].backends = 0;
  EXPECT_THAT(complaints(facts), ElementsAre(AllOf(HasSubstr("warning load balancer edge: its configuration has no "
                                                             "backend"),
                                                   HasSubstr("http-check send"))));
  facts.load_balancers[0].backends = 1;
  facts.load_balancers[0].remark = "`del server` is not known to be safe in it";
  EXPECT_THAT(complaints(facts), IsEmpty());
  EXPECT_TRUE(std::ranges::any_of(examine(facts, noon), [](const Finding& finding) {
    return finding.says == "HAProxy 2.6.12; `del server` is not known to be safe in it";
  }));
}

TEST(Doctor, SaysWhoHasThePortOfALoadBalancer) {
  auto facts = healthy();
  facts.load_balancers[0].service = "teal-edge";
  facts.load_balancers[0].socket.is_there = false;
  facts.load_balancers[0].taken_ports = {{80, "nginx (pid 12)"}};
  EXPECT_THAT(complaints(facts),
              ElementsAre(AllOf(HasSubstr("port 80 is taken by nginx (pid 12), so teal-edge cannot listen there"),
                                HasSubstr("systemctl disable --now nginx && systemctl restart teal-edge")),
                          HasSubstr("there is no socket")));
}

TEST(Doctor, LooksAtTheCertificatesThatAreServed) {
  auto facts = healthy();
  facts.served_certificates = {{"/etc/teal/certificates/a.pem", "", noon - 1s},
                               {"/etc/teal/certificates/b.pem", "", noon + 24h},
                               {"/etc/teal/certificates/c.pem", "", noon + 24h * 60},
                               {"/etc/teal/certificates/d.pem", "it has no key", {}}};
  EXPECT_THAT(complaints(facts), ElementsAre(HasSubstr("problem certificate: /etc/teal/certificates/a.pem expired"),
                                             HasSubstr("problem certificate: /etc/teal/certificates/d.pem: it has no"),
                                             HasSubstr("warning certificate: /etc/teal/certificates/b.pem expires")));
}

TEST(DoctorReads, WhoListensAndWhatAFolderOfCertificatesHolds) {
  const TcpTeald teald{http_answer(200, "{}")};
  const auto taken = listeners_on({"*:" + teald.port(), "127.0.0.1:1"});
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(std::to_string(taken[0].port), teald.port());
  EXPECT_THAT(taken[0].program, HasSubstr("(pid " + std::to_string(::getpid()) + ")"));
  const Folder folder;
  folder.write("broken.pem", "planted");
  folder.write("other.txt", "nothing");
  const auto found = certificates_in(folder.path());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].trouble, AllOf(Not(IsEmpty()), Not(HasSubstr("planted"))));
  EXPECT_THAT(certificates_in(folder.path() + "/none"), IsEmpty());
}

TEST(DoctorReads, WhatHaproxySaysOfItsSocketAndItsBackends) {
  EXPECT_EQ(level_in("operator\n\n"), "operator");
  EXPECT_EQ(level_in("admin\n\n"), "admin");
  EXPECT_EQ(level_in("Unknown command\n"), "");
  EXPECT_EQ(backends_in("# name\nMASTER\nshop_api\n\n"), 1);
  EXPECT_EQ(backends_in("# name\n\n"), 0);
}

TEST(Doctor, SaysWhatIsWrongWithClockManifestsApplicationsAndCertificate) {
  auto facts = healthy();
  facts.clock_is_synchronised = false;
  EXPECT_THAT(complaints(facts),
              ElementsAre(HasSubstr("do: apt-get install systemd-timesyncd; timedatectl set-ntp true")));
  facts = healthy();
  facts.manifests_trouble = "others may write it";
  EXPECT_THAT(complaints(facts),
              ElementsAre(AllOf(HasSubstr("problem manifests: /etc/teal/manifests: others may write it"),
                                HasSubstr("install -d -m 750 -o root -g teal /etc/teal/manifests"))));
  facts = healthy();
  facts.check = {true, "", false, {"shop.yaml:3:1: spec.image: expected an image"}};
  EXPECT_THAT(complaints(facts),
              ElementsAre(AllOf(HasSubstr("teald refuses"), HasSubstr("| shop.yaml:3:1: spec.image"))));
  facts.check = {false, "no program teald", false, {}};
  EXPECT_THAT(complaints(facts), ElementsAre(HasSubstr("warning manifests: were not checked: no program teald")));
  facts = healthy();
  facts.preflights = {{"shop", {"MigrationUserMayNotCreate: migration"}}, {"blog", {}}};
  EXPECT_THAT(complaints(facts),
              ElementsAre("problem application shop: its next rollout would not begin do: teal preflight "
                          "shop | MigrationUserMayNotCreate: migration"));
  facts = healthy();
  facts.hosts = {{"shop", "shop.example.com", "Name or service not known"}, {"shop", "localhost", ""}};
  EXPECT_THAT(complaints(facts),
              ElementsAre(AllOf(HasSubstr("warning application shop: its host shop.example.com has no address"),
                                HasSubstr("do: getent hosts shop.example.com"))));
  const auto with = [](CertificateFacts certificate) {
    auto changed = healthy();
    changed.certificate = std::move(certificate);
    return complaints(changed);
  };
  EXPECT_THAT(with({"/c.pem", "", noon - 1s}), ElementsAre(HasSubstr("problem api.tls: /c.pem expired at")));
  EXPECT_THAT(with({"/c.pem", "", noon + 24h}), ElementsAre(HasSubstr("warning api.tls: /c.pem expires at")));
  EXPECT_THAT(with({"/c.pem", "", noon + 24h * 60}), IsEmpty());
  EXPECT_THAT(with({"/c.pem", "cannot be read", {}}),
              ElementsAre(HasSubstr("problem api.tls: /c.pem: cannot be read")));
}

TEST(DoctorReads, WhatItWantsOfTealdYaml) {
  Facts facts;
  facts.config_path = "teald.yaml";
  read_doctor_config(R"(apiVersion: teal/v1
kind: DaemonConfig
manifests: /srv/manifests
api: {tls: {certificate: /c.pem, key: /k.pem}}
engines: [{name: local, docker: {}}, {name: far, docker: {host: "unix:///run/far.sock"}}]
loadBalancers: [{name: edge, haproxy: {socket: "unix:/run/haproxy/admin.sock"}}, {name: other, haproxy: {managed: {}}}]
)",
                     facts);
  EXPECT_EQ(facts.config_trouble, "");
  EXPECT_EQ(facts.config.manifests, "/srv/manifests");
  EXPECT_EQ(facts.config.certificate, "/c.pem");
  EXPECT_EQ(facts.config.key, "/k.pem");
  ASSERT_EQ(facts.config.engines.size(), 2U);
  EXPECT_EQ(facts.config.engines[0].socket, "/var/run/docker.sock");
  EXPECT_EQ(facts.config.engines[1].socket, "/run/far.sock");
  ASSERT_EQ(facts.config.load_balancers.size(), 2U);
  EXPECT_EQ(facts.config.load_balancers[0].socket, "/run/haproxy/admin.sock");
  EXPECT_EQ(facts.config.load_balancers[1].socket, "/var/lib/teal/edge/admin.sock");
  EXPECT_EQ(facts.config.load_balancers[1].service, "teal-edge");
  Facts broken;
  broken.config_path = "teald.yaml";
  read_doctor_config("planted: [\n", broken);
  EXPECT_THAT(broken.config_trouble, AllOf(HasSubstr("teald.yaml:"), Not(HasSubstr("planted"))));
}

TEST(DoctorReads, PropertiesOfAUnitAndHostsOfAManifest) {
  const auto got = unit_properties(
      "LoadState=loaded\nActiveState=failed\nUnitFileState=enabled\nUser=teal\n"
      "SupplementaryGroups=docker haproxy\n");
  EXPECT_TRUE(got.unit.installed);
  EXPECT_TRUE(got.unit.enabled);
  EXPECT_EQ(got.unit.state, "failed");
  EXPECT_EQ(got.user, "teal");
  EXPECT_EQ(got.groups, "docker haproxy");
  EXPECT_FALSE(unit_properties("LoadState=not-found\n").unit.installed);
  EXPECT_THAT(hosts_of(boost::json::parse(R"({"components": [
      {"name": "a", "health": {"headers": {"Host": "a.example.com", "X": "b"}}, "loadBalancer": {"routes": [{"host": "r.example.com"}, {"path": "/"}]}},
      {"name": "b", "health": {"headers": {"host": "a.example.com:80"}}},
      {"name": "c", "health": {"headers": {"Host": {"fromEnv": "X"}}}}, {"name": "d", "health": {"headers": {"Host": "10.0.0.1"}}}]})")),
              ElementsAre("r.example.com", "a.example.com"));
}

TEST(DoctorVerb, FindsWhatIsWrongWithoutATealdAndSaysSoInJsonToo) {
  const Folder folder;
  const auto config =
      folder.write("teald.yaml", "apiVersion: teal/v1\nkind: DaemonConfig\nmanifests: " + folder.path() +
                                     "/none\nengines: [{name: local, docker: {host: \"unix://" + folder.path() +
                                     "/docker.sock\"}}]\n");
  const std::vector<std::string> words{"doctor", "--config", config, "--server",
                                       "unix://" + folder.path() + "/teal.sock"};
  const auto got = run_teal(words, {}, {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"});
  EXPECT_EQ(got.status, 1) << got.err;
  EXPECT_THAT(got.out, AllOf(testing::StartsWith("problem"),
                             HasSubstr("engine local: there is no socket " + folder.path() + "/docker.sock"),
                             HasSubstr("teald: cannot reach teald"), HasSubstr("manifests: " + folder.path() + "/none"),
                             HasSubstr("do: ")));
  auto as_json = words;
  as_json.insert(as_json.end(), {"-o", "json"});
  const auto document = run_teal(as_json, {}, {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"});
  EXPECT_EQ(document.status, 1);
  const auto value = boost::json::parse(document.out);
  EXPECT_EQ(value.at("items").at(0).at("severity"), "problem");
  EXPECT_EQ(value.at("kind"), "Diagnosis");
}

TEST(DoctorVerb, NamesWhatATealdThatIsNotReadyWaitsFor) {
  const FakeTeald teald{[](const Asked& asked) {
    return asked.line == "GET /readyz" ? http_answer(503, "not ready\n- store: disk full\n", "text/plain")
                                       : http_answer(200, R"({"items": []})");
  }};
  const Folder folder;
  const auto config =
      folder.write("teald.yaml", "apiVersion: teal/v1\nkind: DaemonConfig\nmanifests: " + folder.path() + "\n");
  const auto got = run_teal({"doctor", "--config", config, "--server", teald.url()}, {}, {"PATH=/usr/bin:/bin"});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.out, AllOf(HasSubstr("problem  teald: answers at " + teald.url() + ", but is not ready"),
                             HasSubstr("| store: disk full")));
}

TEST(DoctorVerb, AsksATealdThatAnswersForItsReadinessAndItsDatabases) {
  const FakeTeald teald{[](const Asked& asked) {
    if (asked.line == "GET /readyz") return http_answer(200, "ok\n- engine local is slow\n", "text/plain");
    if (asked.line == "GET /apis/teal/v1/applications") {
      return http_answer(200, R"({"items": [{"metadata": {"name": "shop"}, "spec": {"components": []}}]})");
    }
    return http_answer(200, R"({"items": [{"job": "default", "findings": [
      {"type": "T", "reason": "NoSuchUser", "message": "there is no user app", "blocks": true}]}]})");
  }};
  const Folder folder;
  const auto config =
      folder.write("teald.yaml", "apiVersion: teal/v1\nkind: DaemonConfig\nmanifests: " + folder.path() + "\n");
  const auto got = run_teal({"doctor", "--config", config, "--server", teald.url()}, {}, {"PATH=/usr/bin:/bin"});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.out, AllOf(HasSubstr("is ready"), HasSubstr("warning  teald: engine local is slow"),
                             HasSubstr("application shop: its next rollout would not begin"),
                             HasSubstr("| NoSuchUser: there is no user app"), HasSubstr("do: teal preflight shop")));
}

}  // namespace
}  // namespace teal::cli
