#include "cli/doctor/examine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "daemon/runtime/trusted_path.hpp"

namespace teal::cli {
namespace {

using Findings = std::vector<Finding>;

void add_ok(Findings& found, std::string what, std::string says) {
  found.push_back({Severity::Ok, std::move(what), std::move(says), {}, {}});
}
void add_warning(Findings& found, std::string what, std::string says, std::string fix) {
  found.push_back({Severity::Warning, std::move(what), std::move(says), std::move(fix), {}});
}
void add_problem(Findings& found, std::string what, std::string says, std::string fix) {
  found.push_back({Severity::Problem, std::move(what), std::move(says), std::move(fix), {}});
}

// "1.41" → {1, 41}; what is missing is 0.
std::pair<int, int> two_numbers(std::string_view text) {
  int first = 0;
  int second = 0;
  const auto* end = text.data() + text.size();
  const auto [dot, failed] = std::from_chars(text.data(), end, first);
  if (failed == std::errc{} && dot != end && *dot == '.') std::from_chars(dot + 1, end, second);
  return {first, second};
}

void examine_config(const Facts& facts, Findings& found) {
  const auto path = runtime::shell_word(facts.config_path);
  if (!facts.config_is_there) {
    return add_problem(found, "teald.yaml", fmt::format("there is no {}", facts.config_path),
                       fmt::format("write it (README, \"Your own application\"), or name another with --config; then: "
                                   "teald --check --config {}",
                                   path));
  }
  if (!facts.config_trouble.empty()) {
    return add_problem(found, "teald.yaml", facts.config_trouble, fmt::format("teald --check --config {}", path));
  }
  add_ok(found, "teald.yaml", facts.config_path);
}

void examine_user(const Facts& facts, Findings& found) {
  if (!facts.unit.installed) return;
  if (facts.user_is_there) return add_ok(found, "user", fmt::format("teald runs as {}", facts.user));
  add_problem(found, "user", fmt::format("teald's unit runs it as {}, a user that is not there", facts.user),
              "systemd-sysusers");
}

void examine_unit(const Facts& facts, Findings& found) {
  const auto& unit = facts.unit;
  if (!unit.has_systemd) return;
  if (!unit.installed) {
    if (facts.teald.answers) {
      return add_warning(
          found, "unit", "teald runs, but not as a service: nobody starts it after a reboot",
          "install deploy/systemd/teald.service (its head says how), then: systemctl enable --now teald");
    }
    return add_problem(found, "unit", "teald.service is not installed",
                       "install Teal's package, or deploy/systemd/teald.service (its head says how)");
  }
  if (unit.state != "active") {
    add_problem(found, "unit", fmt::format("teald.service is {}", unit.state.empty() ? "inactive" : unit.state),
                unit.state == "failed" ? "journalctl -u teald -n 50, mend what it says, then: systemctl restart teald"
                                       : "systemctl enable --now teald");
    found.back().more = unit.log;
    return;
  }
  if (unit.enabled) return add_ok(found, "unit", "teald.service is active and starts at boot");
  add_warning(found, "unit", "teald.service is active, but is not started at boot", "systemctl enable teald");
}

void examine_teald(const Facts& facts, Findings& found) {
  const auto& socket = facts.socket;
  const auto& teald = facts.teald;
  if (!teald.answers && socket.is_there && !socket.may_i) {
    return add_problem(
        found, "teald", fmt::format("you may not open its socket {}", socket.path),
        socket.group.empty() || socket.group == "root"
            ? std::string{"run this as root: sudo teal doctor"}
            : fmt::format("sudo usermod -aG {} \"$USER\", then log in again; or: sudo teal doctor", socket.group));
  }
  if (!teald.answers) {
    add_problem(found, "teald", teald.trouble,
                facts.unit.installed ? "systemctl status teald; another address: --server or TEAL_SERVER"
                                     : fmt::format("teald --config {}; another address: --server or TEAL_SERVER",
                                                   runtime::shell_word(facts.config_path)));
    if (!facts.unit.installed || facts.unit.state == "active") found.back().more = facts.unit.log;
    return;
  }
  if (!teald.ready) {
    add_problem(found, "teald", fmt::format("answers at {}, but is not ready", teald.url),
                "mend what it names; it goes on by itself");
    found.back().more = teald.says;
    return;
  }
  add_ok(found, "teald", fmt::format("answers at {} and is ready", teald.url));
  for (const auto& warning : teald.says) add_warning(found, "teald", warning, {});
}

// A load balancer cannot begin where another program listens already.
void examine_ports(const BalancerFacts& balancer, const std::string& what, Findings& found) {
  for (const auto& taken : balancer.taken_ports) {
    const auto program = taken.program.substr(0, taken.program.find(' '));
    add_problem(
        found, what,
        fmt::format("port {} is taken by {}, so {} cannot listen there", taken.port,
                    taken.program.empty() ? "another program" : taken.program, balancer.service),
        fmt::format("systemctl disable --now {} && systemctl restart {}; or name another port under `listen` in "
                    "teald.yaml, then: systemctl restart teald {}",
                    program.empty() ? "THAT-PROGRAM" : program, balancer.service, balancer.service));
  }
}

// Whether it can be asked at all, from here and by teald.
bool examine_socket(const SocketFacts& socket, const std::string& what, const std::string& user,
                    const std::string& service, Findings& found) {
  if (!socket.is_there) {
    add_problem(found, what, fmt::format("there is no socket {}", socket.path),
                fmt::format("systemctl enable --now {0}; systemctl status {0}", service));
    return false;
  }
  if (!socket.may_teald) {
    add_problem(found, what, fmt::format("teald (user {}) may not open {}", user, socket.path),
                socket.group.empty() || socket.group == "root"
                    ? fmt::format("give the socket to a group that {} is in, in the configuration of {}", user, service)
                    : fmt::format("usermod -aG {} {} && systemctl restart teald", socket.group, user));
    return false;
  }
  if (socket.may_i && !socket.listens) {
    add_problem(found, what, fmt::format("nobody listens at {}", socket.path),
                fmt::format("systemctl restart {0}; systemctl status {0}", service));
    return false;
  }
  return true;
}

void examine_disk(const EngineFacts& engine, const std::string& what, Findings& found) {
  constexpr std::uint64_t gib = 1ULL << 30U;
  if (!engine.free) return;
  const auto says = fmt::format("{:.1f} GiB are free in {}, where images lie", static_cast<double>(*engine.free) / gib,
                                engine.folder);
  const std::string fix = "docker system df; docker image prune -a (takes every image that no container uses)";
  if (*engine.free < gib) return add_problem(found, what + " disk", says, fix);
  if (*engine.free < 5 * gib) return add_warning(found, what + " disk", says, fix);
  add_ok(found, what + " disk", says);
}

void examine_engine(const Facts& facts, const EngineFacts& engine, Findings& found) {
  const auto what = "engine " + engine.name;
  if (!examine_socket(engine.socket, what, facts.user, "docker", found)) return;
  if (!engine.socket.may_i) {
    return add_warning(found, what, fmt::format("you may not open {}, so it was not asked", engine.socket.path),
                       "sudo teal doctor");
  }
  if (!engine.trouble.empty()) return add_problem(found, what, engine.trouble, "systemctl status docker");
  if (two_numbers(engine.api) < std::pair{1, 41}) {
    add_problem(
        found, what,
        fmt::format("Docker {} has API {}, Teal needs 1.41 (Docker 20.10) or newer", engine.version, engine.api),
        "install a newer Docker: apt-get install docker.io");
  } else {
    add_ok(found, what, fmt::format("Docker {}, API {}", engine.version, engine.api));
  }
  examine_disk(engine, what, found);
  using namespace std::chrono_literals;
  if (engine.ahead && (*engine.ahead > 5s || *engine.ahead < -5s)) {
    add_warning(found, what + " clock",
                fmt::format("Docker's clock is {} {} of this one", format_duration(std::chrono::abs(*engine.ahead)),
                            *engine.ahead > 0s ? "ahead" : "behind"),
                "timedatectl set-ntp true");
  }
}

void examine_balancer(const Facts& facts, const BalancerFacts& balancer, Findings& found) {
  const auto what = "load balancer " + balancer.name;
  examine_ports(balancer, what, found);
  if (!examine_socket(balancer.socket, what, facts.user, balancer.service, found)) return;
  if (!balancer.socket.may_i) {
    return add_warning(found, what, fmt::format("you may not open {}, so it was not asked", balancer.socket.path),
                       "sudo teal doctor");
  }
  if (balancer.version.empty()) {
    return add_problem(
        found, what,
        fmt::format("what listens at {} does not answer `show info` as HAProxy does", balancer.socket.path),
        "name HAProxy's admin socket in teald.yaml (stats socket … level admin)");
  }
  if (two_numbers(balancer.version) < std::pair{2, 6}) {
    return add_problem(found, what, fmt::format("HAProxy {} is too old: Teal needs 2.6 or newer", balancer.version),
                       "install a newer HAProxy: apt-get install haproxy");
  }
  if (!balancer.level.empty() && balancer.level != "admin") {
    return add_problem(found, what,
                       fmt::format("its socket {} only allows what the level {} may: teald needs admin",
                                   balancer.socket.path, balancer.level),
                       fmt::format("stats socket {} mode 660 level admin expose-fd listeners, in the section global of "
                                   "haproxy.cfg; then: systemctl reload {}",
                                   balancer.socket.path, balancer.service));
  }
  if (balancer.backends == 0) {
    add_warning(found, what, "its configuration has no backend, so no application can be served by it",
                "a section such as `backend shop_web` with `option httpchk` and `http-check send meth GET uri /up`: "
                "deploy/haproxy/README.md; then: systemctl reload " +
                    balancer.service);
  }
  add_ok(
      found, what,
      fmt::format("HAProxy {}; {}", balancer.version,
                  balancer.remark.empty() ? "once teald answers it says whether servers may be deleted in this release"
                                          : balancer.remark));
}

void examine_clock(const Facts& facts, Findings& found) {
  if (!facts.clock_is_synchronised) return;
  if (*facts.clock_is_synchronised) return add_ok(found, "clock", "is synchronised");
  add_warning(found, "clock", "is not synchronised: windows, deadlines and certificates go by it",
              "apt-get install systemd-timesyncd; timedatectl set-ntp true");
}

void examine_manifests(const Facts& facts, Findings& found) {
  if (!facts.config_trouble.empty()) return;
  const auto& folder = facts.config.manifests;
  if (!facts.manifests_trouble.empty()) {
    return add_problem(found, "manifests", fmt::format("{}: {}", folder, facts.manifests_trouble),
                       fmt::format("install -d -m 750 -o root -g {} {}", facts.user.empty() ? "teal" : facts.user,
                                   runtime::shell_word(folder)));
  }
  const auto command = fmt::format("teald --check --config {}", runtime::shell_word(facts.config_path));
  if (!facts.check.ran) {
    return add_warning(found, "manifests", fmt::format("were not checked: {}", facts.check.trouble), command);
  }
  if (facts.check.well) return add_ok(found, "manifests", fmt::format("teald takes all in {}", folder));
  add_problem(found, "manifests", "teald refuses what it is given", "mend these, then: " + command);
  found.back().more = facts.check.lines;
}

void examine_applications(const Facts& facts, Findings& found) {
  for (const auto& preflight : facts.preflights) {
    const auto what = "application " + preflight.application;
    if (preflight.blocks.empty()) {
      add_ok(found, what, "its databases and load balancers are fit for a rollout");
      continue;
    }
    add_problem(found, what, "its next rollout would not begin", "teal preflight " + preflight.application);
    found.back().more = preflight.blocks;
  }
  for (const auto& host : facts.hosts) {
    const auto what = "application " + host.application;
    if (host.trouble.empty()) {
      add_ok(found, what, fmt::format("{} has an address", host.host));
    } else {
      add_warning(found, what, fmt::format("its host {} has no address here: {}", host.host, host.trouble),
                  fmt::format("getent hosts {0}; add a DNS record for {0} that leads to this machine", host.host));
    }
  }
}

void examine_certificate(const std::string& what, const CertificateFacts& certificate, Time now, Findings& found) {
  const auto path = runtime::shell_word(certificate.path);
  const auto look = fmt::format("openssl x509 -noout -dates -in {}", path);
  if (!certificate.trouble.empty()) {
    return add_problem(found, what, fmt::format("{}: {}", certificate.path, certificate.trouble), look);
  }
  if (!certificate.expires) return;
  const auto until = format_time(*certificate.expires);
  constexpr std::string_view renew = "renew it; teald takes it over while it runs";
  if (*certificate.expires <= now) {
    return add_problem(found, what, fmt::format("{} expired at {}", certificate.path, until), std::string{renew});
  }
  if (*certificate.expires - now < std::chrono::days{14}) {
    return add_warning(found, what, fmt::format("{} expires at {}", certificate.path, until), std::string{renew});
  }
  add_ok(found, what, fmt::format("{} is good until {}", certificate.path, until));
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Problem:
      return "problem";
    case Severity::Warning:
      return "warning";
    case Severity::Ok:
      return "ok";
  }
  return "?";
}

std::vector<Finding> examine(const Facts& facts, Time now) {
  Findings found;
  examine_config(facts, found);
  examine_user(facts, found);
  for (const auto& engine : facts.engines) examine_engine(facts, engine, found);
  for (const auto& balancer : facts.load_balancers) examine_balancer(facts, balancer, found);
  examine_manifests(facts, found);
  examine_unit(facts, found);
  examine_teald(facts, found);
  examine_applications(facts, found);
  if (facts.certificate) examine_certificate("api.tls", *facts.certificate, now, found);
  for (const auto& served : facts.served_certificates) examine_certificate("certificate", served, now, found);
  examine_clock(facts, found);
  Findings sorted;
  for (const auto severity : {Severity::Problem, Severity::Warning, Severity::Ok}) {
    for (auto& each : found) {
      if (each.severity == severity) sorted.push_back(std::move(each));
    }
  }
  return sorted;
}

}  // namespace teal::cli
