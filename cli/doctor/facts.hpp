// What `teal doctor` has found out about this machine, as plain values. Gathered by cli/doctor/gather, judged by
// cli/doctor/examine; neither holds a secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifests/foundation/time.hpp"

namespace teal::cli {

// Of teald.yaml, as far as the doctor looks at it.
struct DoctorConfig {
  struct Place {
    std::string name;
    std::string socket;   // absolute path; empty: none is named
    std::string service;  // the unit that listens there
    // Of a load balancer that teald manages:
    std::vector<std::string> listen{};  // as in teald.yaml: "*:80"
    std::string certificates{};         // a folder of *.pem; empty: none
  };
  std::string manifests = "/etc/teal/manifests";
  std::vector<Place> engines;
  std::vector<Place> load_balancers;
  std::string certificate;  // of api.tls
  std::string key;
};

// A Unix socket, and who may open it.
struct SocketFacts {
  std::string path;
  bool is_there = false;
  bool may_i = false;
  bool may_teald = false;
  std::string group;     // that owns it
  bool listens = false;  // somebody took a connection; asked only where `may_i`
};

struct TealdFacts {
  std::string url;
  bool answers = false;
  std::string trouble;  // why it does not
  bool ready = false;
  std::vector<std::string> says;  // what its readiness names: reasons, or warnings when it is ready
};

struct UnitFacts {
  bool has_systemd = false;
  bool installed = false;
  bool enabled = false;
  std::string state;             // "active", "failed", …
  std::vector<std::string> log;  // its last lines
};

struct EngineFacts {
  std::string name;
  SocketFacts socket;
  std::string trouble;  // why it does not answer; empty: it does
  std::string version;
  std::string api;
  std::string folder;                 // where images lie
  std::optional<std::uint64_t> free;  // bytes there
  std::optional<Duration> ahead;      // of this machine's clock
};

// Somebody else listens where a load balancer should.
struct TakenPort {
  int port = 0;
  std::string program;  // who; empty: that cannot be seen
};

struct BalancerFacts {
  std::string name;
  std::string service;  // its unit
  SocketFacts socket;
  std::string version;                   // empty: it did not say
  std::string level{};                   // what its socket allows: "admin"; empty: it did not say
  std::optional<int> backends{};         // of its configuration; none: they were not counted
  std::string remark{};                  // what teald does differently with this release, in its own words
  std::vector<TakenPort> taken_ports{};  // looked at where nobody answers
};

struct CheckFacts {
  bool ran = false;
  std::string trouble;  // why not
  bool well = false;
  std::vector<std::string> lines;
};

struct PreflightFacts {
  std::string application;
  std::vector<std::string> blocks;
};

struct HostFacts {
  std::string application;
  std::string host;
  std::string trouble;  // empty: it has an address
};

struct CertificateFacts {
  std::string path;
  std::string trouble;
  std::optional<Time> expires;
};

struct Facts {
  std::string config_path;
  std::string config_trouble;  // why it could not be read
  bool config_is_there = true;
  DoctorConfig config;
  std::string user;  // teald's
  bool user_is_there = true;
  TealdFacts teald;
  SocketFacts socket;  // teald's own; without a path when it is not asked over one
  UnitFacts unit;
  std::vector<EngineFacts> engines;
  std::vector<BalancerFacts> load_balancers;
  std::optional<bool> clock_is_synchronised;
  std::string manifests_trouble;
  CheckFacts check;  // teald --check
  std::vector<PreflightFacts> preflights;
  std::vector<HostFacts> hosts;
  std::optional<CertificateFacts> certificate;        // of api.tls
  std::vector<CertificateFacts> served_certificates;  // of load balancers that teald manages
};

}  // namespace teal::cli
