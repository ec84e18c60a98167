// The desired state: `kind: Application` (the contract's manifest), parsed, with defaults filled in.
//
// Plain data. Maps are sorted, so equal specs have equal canonical JSON (manifests/wire/json.hpp). The name of a field
// and its allowed values are in manifests/wire/; its default is here. The values of an enum are written under their C++
// names.
#pragma once

#include <array>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "manifests/foundation/time.hpp"

namespace teal::spec {

// Where a value is read from, at the moment of use; it is never stored.
struct ValueSource {
  enum class Kind { Literal, File, Environment, Exec };
  Kind kind = Kind::Literal;
  std::string text;                          // the literal, the file's path or the variable's name
  std::vector<std::string> command{};        // Exec: its standard output is the value
  std::map<std::string, ValueSource> env{};  // Exec: what the program gets beside PATH, HOME and LANG; no Exec in it

  bool operator==(const ValueSource&) const = default;
};

using Environment = std::map<std::string, ValueSource>;

struct Mount {
  std::string source;  // absolute path on the engine's host
  std::string target;  // absolute path in the container
  bool read_only = false;

  bool operator==(const Mount&) const = default;
};

// What the processes of a container may do. Docker's own defaults, but for `no_new_privileges`.
struct Security {
  std::string user;  // of the container: "name", "uid", "uid:gid" …; empty: the image's
  bool read_only_root_filesystem = false;
  bool no_new_privileges = true;
  // Capabilities: "ALL", or the kernel's names without CAP_, in capitals, sorted and each once.
  std::vector<std::string> drop;
  std::vector<std::string> add;
  int pids = 0;  // how many processes and threads at most; 0: as many as the engine allows

  bool operator==(const Security&) const = default;
};

BOOST_DEFINE_ENUM_CLASS(PullPolicy, Always, IfNotPresent, Never)

struct DatabaseUser {
  ValueSource user;
  ValueSource password;

  bool operator==(const DatabaseUser&) const = default;
};

// libpq's words and meaning: from Require on, a connection without TLS is refused; Verify… also check who answers.
enum class SslMode { Disable, Prefer, Require, VerifyCA, VerifyFull };

struct DatabaseTarget {
  std::string host;
  int port = 5432;
  std::string name;
  SslMode ssl_mode = SslMode::Prefer;
  std::string ssl_root_cert;                   // path of the authorities' certificates; empty: libpq's own default
  std::vector<std::string> schemas{"public"};  // that migrations change
  std::vector<std::string> extensions;         // that they need, and that must be there or may be created
  DatabaseUser application;
  DatabaseUser migration;

  bool operator==(const DatabaseTarget&) const = default;
};

BOOST_DEFINE_ENUM_CLASS(JobPhase, BeforeStart, AfterCutover)

struct Job {
  std::string name;
  std::vector<std::string> command;
  std::vector<Mount> mounts;
  Security security;
  JobPhase phase = JobPhase::BeforeStart;
  Environment credentials;  // this job's container gets them, no serving container ever does (C1)
  std::optional<DatabaseTarget> database;
  bool required = true;                // hooks only: false lets the rollout go on when it fails
  std::optional<Duration> kill_after;  // hooks only: as of the migration

  bool operator==(const Job&) const = default;
};

BOOST_DEFINE_ENUM_CLASS(MigrationMode, Job, ApplicationManaged)

struct Migration {
  MigrationMode mode = MigrationMode::Job;
  Duration timeout = std::chrono::minutes{15};
  std::optional<Duration> kill_after;  // after the one stop signal; none: never
  int attempts = 3;
  bool idempotent = true;
  bool strict_credentials = false;
  std::vector<Job> jobs;

  bool operator==(const Migration&) const = default;
};

struct StatusRange {
  int first = 200;
  int last = 299;

  bool operator==(const StatusRange&) const = default;
};

struct HealthCheck {
  std::string path = "/api/v1/health/check_up";
  Duration interval = std::chrono::seconds{2};
  Duration timeout = std::chrono::seconds{1};
  int successes = 2;
  int failures = 3;
  Duration startup = std::chrono::seconds{120};
  StatusRange expected_status;
  std::map<std::string, std::string> expected_json;  // JSON pointer → canonical JSON text of the value ("\"ok\"", "3")
  Environment headers;  // sent with it, directly and through the load balancer; Host included

  bool operator==(const HealthCheck&) const = default;
};

// Which requests a managed load balancer sends to a component: those of a host whose path is this one or below it.
struct Route {
  std::string host;  // empty: of every host that has no route of its own
  std::string path = "/";
  Duration held{0};  // how long a request may wait while nothing serves, as during a Recreate

  bool operator==(const Route&) const = default;
};

struct LoadBalancerUse {
  std::string name;     // of a load balancer in teald.yaml
  std::string backend;  // {application}_{component} where the manifest says nothing
  Duration drain = std::chrono::seconds{60};
  std::vector<Route> routes{};

  bool operator==(const LoadBalancerUse&) const = default;
};

struct Stop {
  std::string signal = "SIGTERM";
  Duration grace = std::chrono::seconds{30};

  bool operator==(const Stop&) const = default;
};

struct Resources {
  std::optional<std::int64_t> memory_bytes;
  std::optional<double> cpus;

  bool operator==(const Resources&) const = default;
};

BOOST_DEFINE_ENUM_CLASS(Replace, Overlap, StopFirst)

struct Component {
  std::string name;
  int replicas = 1;
  std::vector<std::string> command;
  Environment env;
  bool secrets_as_files = false;  // contract: asFiles
  std::optional<int> port;
  HealthCheck health;
  std::optional<LoadBalancerUse> load_balancer;
  Stop stop;
  Resources resources;
  std::vector<Mount> mounts;
  Security security;
  Replace replace = Replace::Overlap;

  bool operator==(const Component&) const = default;
};

BOOST_DEFINE_ENUM_CLASS(Strategy, BlueGreen, Recreate)
BOOST_DEFINE_ENUM_CLASS(Approval, None, BeforeMigration, BeforeCutover)
BOOST_DEFINE_ENUM_CLASS(OnFailure, RollBack, Pause)
BOOST_DEFINE_ENUM_CLASS(OnNoData, Fail, Pass, Hold)
BOOST_DEFINE_ENUM_CLASS(Weekday, Mon, Tue, Wed, Thu, Fri, Sat, Sun)

struct Analysis {
  std::string name;
  std::string query;
  std::optional<double> max;
  std::optional<double> min;
  Duration interval = std::chrono::seconds{10};
  int failures = 3;
  OnNoData on_no_data = OnNoData::Hold;
  bool compare_to_old = false;

  bool operator==(const Analysis&) const = default;
};

struct Window {
  std::vector<Weekday> days;  // empty: every day
  int from_minute = 0;        // minutes after local midnight
  int to_minute = 0;          // less than from: the window ends on the next day
  std::string timezone = "UTC";

  bool operator==(const Window&) const = default;
};

struct RolloutPolicy {
  Strategy strategy = Strategy::BlueGreen;
  Approval approval = Approval::None;
  Duration bake = std::chrono::seconds{30};
  Duration keep_old{0};
  Duration deadline = std::chrono::minutes{30};
  OnFailure on_failure = OnFailure::RollBack;
  std::vector<Analysis> analysis;
  std::vector<Window> windows;

  bool operator==(const RolloutPolicy&) const = default;
};

BOOST_DEFINE_ENUM_CLASS(OutsideTrain, Block, Recreate, BlueGreen)
BOOST_DEFINE_ENUM_CLASS(Hops, Manual, Automatic)

struct UpgradePolicy {
  std::optional<int> train;  // unset: no train is enforced
  OutsideTrain outside_train = OutsideTrain::Block;
  std::optional<std::string> acknowledged;
  std::vector<std::string> stops;
  Hops hops = Hops::Manual;

  bool operator==(const UpgradePolicy&) const = default;
};

struct Hooks {
  std::vector<Job> before_migration;
  std::vector<Job> after_migration;
  std::vector<Job> before_cutover;
  std::vector<Job> after_cutover;
  std::vector<Job> on_rollback;

  bool operator==(const Hooks&) const = default;
};

enum class HookPoint { BeforeMigration, AfterMigration, BeforeCutover, AfterCutover, OnRollback };

// What ran before Teal and does the same work: the fallback while a first installation is verified.
struct Adopt {
  std::vector<std::string> containers;  // names, on the application's engine
  std::vector<std::string> servers;     // "edge/old1": a load balancer, and a server in a backend of the application
  bool stop = false;                    // the containers, once what they had is over

  bool operator==(const Adopt&) const = default;
};

struct ApplicationSpec {
  std::string version;
  std::string image;
  PullPolicy pull_policy = PullPolicy::IfNotPresent;
  std::string engine;  // empty: the first of teald.yaml
  std::vector<std::string> env_files;
  Environment env;
  Migration migration;
  std::vector<Component> components;
  RolloutPolicy rollout;
  UpgradePolicy upgrade_policy;
  Hooks hooks;
  bool restart_on_change = false;
  bool suspend = false;
  std::optional<Adopt> adopt;

  bool operator==(const ApplicationSpec&) const = default;
};

struct Application {
  std::string name;
  std::map<std::string, std::string> labels;
  ApplicationSpec spec;

  bool operator==(const Application&) const = default;
};

// The image to run: spec.image with spec.version as its tag, or as it stands when it names a tag or a digest itself.
[[nodiscard]] std::string image_reference(const ApplicationSpec& spec);

// "as user 1000:1000, read-only root filesystem, no new privileges, without ALL, with NET_BIND_SERVICE, at most 64
// processes": what is not Docker's own.
[[nodiscard]] std::string to_string(const Security& security);

// What one route matches, and no other: "shop.example.com/api/", "*/" without a host.
[[nodiscard]] std::string route_key(const Route& route);

// Fills in what follows from other fields where the manifest says nothing: the backend of a component.
void fill_defaults(Application& application);

[[nodiscard]] const Component* find_component(const ApplicationSpec& spec, std::string_view name);

// A migration job or a hook: they share their names.
[[nodiscard]] const Job* find_job(const ApplicationSpec& spec, std::string_view name);

// Migration jobs first, then the hooks; they live as long as the spec.
[[nodiscard]] std::vector<const Job*> jobs_and_hooks(const ApplicationSpec& spec);

// As the manifest calls it: "beforeMigration".
[[nodiscard]] std::string_view to_string(HookPoint point);
[[nodiscard]] const std::vector<Job>& hooks_at(const Hooks& hooks, HookPoint point);
// The point of the hook of this name; none: there is no such hook.
[[nodiscard]] std::optional<HookPoint> find_hook(const Hooks& hooks, std::string_view name);
// In the order in which they run.
inline constexpr std::array<HookPoint, 5> hook_points{HookPoint::BeforeMigration, HookPoint::AfterMigration,
                                                      HookPoint::BeforeCutover, HookPoint::AfterCutover,
                                                      HookPoint::OnRollback};

// "teal-{application}-{unit}-r{revision}-{index}": the name of a replica's or job's container and of its server.
[[nodiscard]] std::string container_name(std::string_view application, std::string_view unit, int revision, int index);

struct ContainerName {
  std::string unit;
  int revision = 0;
  int index = 0;

  bool operator==(const ContainerName&) const = default;
};
// A name that `container_name` makes for this application, taken apart; nothing for any other.
[[nodiscard]] std::optional<ContainerName> parse_container_name(std::string_view application, std::string_view name);

}  // namespace teal::spec
