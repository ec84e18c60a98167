#include "cli/doctor/gather.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/context.hpp"
#include "cli/docker_client.hpp"
#include "cli/fields.hpp"
#include "cli/manifest_files.hpp"
#include "daemon/http/http_client.hpp"
#include "daemon/runtime/program.hpp"
#include "daemon/runtime/stream.hpp"
#include "daemon/runtime/stream_tls_server.hpp"
#include "daemon/runtime/trusted_path.hpp"
#include "manifests/api/database.hpp"
#include "manifests/api/version.hpp"
#include "manifests/wire/decode.hpp"
#include "manifests/wire/json.hpp"

namespace teal::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto shortest_look = std::chrono::seconds{5};
constexpr std::size_t most_applications = 50;

struct Teald {
  std::string user;
  uid_t id = 0;
  std::vector<gid_t> groups;
  bool is_there = true;
};

std::vector<std::string> lines_of(std::string_view text, std::size_t most) {
  std::vector<std::string> lines;
  std::istringstream in{std::string{text}};
  for (std::string line; lines.size() < most && std::getline(in, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

Result<runtime::ProgramEnd> run_beside(std::vector<std::string> command) {
  runtime::ProgramCall call;
  call.command = std::move(command);
  call.deadline = std::chrono::seconds{20};
  return runtime::run_program(call);
}

std::string output_of_program(std::vector<std::string> command) {
  const auto end = run_beside(std::move(command));
  return end && end->status == 0 ? end->output.reveal() : std::string{};
}

void read_config_file(Facts& facts) {
  errno = 0;
  std::ifstream in{facts.config_path, std::ios::binary};
  if (!in) {
    const int why = errno;
    facts.config_is_there = why != ENOENT && why != ENOTDIR;
    facts.config_trouble = fmt::format("{}: {}{}", facts.config_path, std::strerror(why),
                                       why == EACCES ? ": run this as root (sudo teal doctor)" : "");
  } else {
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    read_doctor_config(text, facts);
  }
  // What is there without a teald.yaml is worth a look too.
  if (!facts.config_trouble.empty()) facts.config.engines = {{"local", "/var/run/docker.sock", "docker"}};
}

std::string owner_of_socket(const std::string& path) {
  struct ::stat status{};
  if (path.empty() || ::stat(path.c_str(), &status) != 0) return {};
  const auto* user = ::getpwuid(status.st_uid);
  return user == nullptr ? std::string{} : std::string{user->pw_name};
}

// `socket`: teald's own; empty when it is not asked over one.
Teald gather_unit(const std::string& socket, Facts& facts) {
  Teald teald;
  std::string groups;
  std::error_code failed;
  facts.unit.has_systemd = fs::exists("/run/systemd/system", failed);
  if (facts.unit.has_systemd) {
    auto properties = unit_properties(output_of_program(
        {"systemctl", "show", "teald.service", "-p", "LoadState,ActiveState,UnitFileState,User,SupplementaryGroups"}));
    facts.unit = std::move(properties.unit);
    facts.unit.has_systemd = true;
    if (facts.unit.installed) {
      teald.user = properties.user.empty() ? "root" : properties.user;
      groups = properties.groups;
      facts.unit.log =
          lines_of(output_of_program({"journalctl", "-u", "teald", "-n", "5", "-o", "cat", "--no-pager"}), 5);
    }
  }
  // Without a unit: whose socket it is, else the user that the package makes.
  if (teald.user.empty()) teald.user = owner_of_socket(socket);
  if (teald.user.empty() && ::geteuid() == 0 && ::getpwnam("teal") != nullptr) teald.user = "teal";
  const auto* self = ::getpwuid(::geteuid());
  if (teald.user.empty()) teald.user = self == nullptr ? fmt::format("{}", ::geteuid()) : self->pw_name;
  const auto* user = ::getpwnam(teald.user.c_str());
  teald.is_there = user != nullptr;
  if (user == nullptr) return teald;
  teald.id = user->pw_uid;
  int count = 256;
  teald.groups.resize(static_cast<std::size_t>(count));
  if (::getgrouplist(user->pw_name, user->pw_gid, teald.groups.data(), &count) < 0) count = 0;
  teald.groups.resize(static_cast<std::size_t>(count));
  std::istringstream words{groups};
  for (std::string word; words >> word;) {
    if (const auto* group = ::getgrnam(word.c_str())) teald.groups.push_back(group->gr_gid);
  }
  return teald;
}

template <class T>
std::optional<Result<T>> waited(boost::asio::io_context& context, boost::asio::awaitable<Result<T>> task) {
  std::optional<Result<T>> done;
  boost::asio::co_spawn(context, std::move(task), [&done](const std::exception_ptr& bug, Result<T> result) {
    if (bug) std::rethrow_exception(bug);
    done.emplace(std::move(result));
  });
  context.run();
  return done;
}

// What a socket answers to a line, up to its end.
boost::asio::awaitable<Result<std::string>> answer_to(std::string path, std::string words) {
  const auto deadline = runtime::after(shortest_look);
  auto stream = co_await runtime::connect_unix(std::move(path), deadline);
  if (!stream) co_return stream.error();
  if (words.empty()) co_return std::string{};
  if (auto written = co_await (*stream)->write(words, deadline); !written) co_return written.error();
  std::string text;
  std::string piece(4096, '\0');
  while (text.size() < (1U << 20U)) {
    const auto count = co_await (*stream)->read_some(piece.data(), piece.size(), deadline);
    if (!count || *count == 0) break;
    text.append(piece, 0, *count);
  }
  co_return text;
}

std::optional<std::string> asked_of(const std::string& path, const std::string& words) {
  boost::asio::io_context context{1};
  auto answer = waited(context, answer_to(path, words));
  if (!answer || !*answer) return std::nullopt;
  return std::move(**answer);
}

SocketFacts gather_socket(const std::string& path, const Teald& teald) {
  SocketFacts socket;
  socket.path = path;
  struct ::stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    socket.is_there = errno == EACCES;  // behind a folder that is closed to us
    return socket;
  }
  socket.is_there = true;
  if (const auto* group = ::getgrgid(status.st_gid)) socket.group = group->gr_name;
  socket.may_i = ::access(path.c_str(), R_OK | W_OK) == 0;
  const auto may = [&](mode_t bits) { return (status.st_mode & bits) == bits; };
  const bool in_group = std::ranges::find(teald.groups, status.st_gid) != teald.groups.end();
  const bool is_owner = status.st_uid == teald.id;
  socket.may_teald = teald.id == 0 || (is_owner ? may(0600) : in_group ? may(0060) : may(0006));
  socket.listens = socket.may_i && asked_of(path, "").has_value();
  return socket;
}

EngineFacts gather_engine(const DoctorConfig::Place& place, const Teald& teald) {
  EngineFacts engine;
  engine.name = place.name;
  engine.socket = gather_socket(place.socket, teald);
  if (!engine.socket.listens) return engine;
  const auto endpoint = http::parse_endpoint("unix://" + place.socket);
  if (!endpoint) return engine;
  DockerClient docker{"unix://" + place.socket, *endpoint};
  const auto version = docker.get("/version");
  if (!version) {
    engine.trouble = version.error().message;
    return engine;
  }
  engine.version = text_at(*version, "/Version");
  engine.api = text_at(*version, "/ApiVersion");
  if (const auto clock = docker.clock()) engine.ahead = *clock - now();
  const auto info = docker.get("/info");
  if (!info) return engine;
  engine.folder = text_at(*info, "/DockerRootDir");
  struct ::statvfs disk{};
  if (!engine.folder.empty() && ::statvfs(engine.folder.c_str(), &disk) == 0) {
    engine.free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  }
  return engine;
}

BalancerFacts gather_balancer(const DoctorConfig::Place& place, const Teald& teald) {
  BalancerFacts balancer;
  balancer.name = place.name;
  balancer.service = place.service;
  balancer.socket = gather_socket(place.socket, teald);
  if (!balancer.socket.listens) {
    balancer.taken_ports = listeners_on(place.listen);
    return balancer;
  }
  const auto info = asked_of(place.socket, "show info\n");
  if (!info) return balancer;
  constexpr std::string_view key = "\nVersion: ";
  if (const auto at = info->find(key); at != info->npos) {
    const auto from = at + key.size();
    balancer.version = info->substr(from, info->find_first_of(" \n-", from) - from);
  }
  if (const auto level = asked_of(place.socket, "show cli level\n")) balancer.level = level_in(*level);
  if (const auto backends = asked_of(place.socket, "show backend\n"); backends && place.listen.empty())
    balancer.backends = backends_in(*backends);
  return balancer;
}

// teald knows what a release of HAProxy means for it.
void gather_releases(Server& server, Facts& facts) {
  const auto answer = server.read("/version", shortest_look);
  if (!answer) return;
  const auto build = wire::taken<objects::VersionObject>(*answer);
  if (!build.load_balancers) return;
  for (const auto& release : *build.load_balancers) {
    for (auto& balancer : facts.load_balancers) {
      const bool was_reached = release.version && !release.version->empty();
      if (balancer.name == release.name && was_reached) balancer.remark = release.message.value_or("");
    }
  }
}

void gather_teald(Server& server, const Teald& teald, Facts& facts) {
  facts.teald.url = server.url();
  if (const auto endpoint = http::parse_endpoint(server.url()); endpoint && endpoint->unix_socket) {
    facts.socket = gather_socket(endpoint->path, teald);
  }
  const auto text = server.readiness();
  if (!text) {
    facts.teald.trouble = text.error().message;
    return;
  }
  facts.teald.answers = true;
  gather_releases(server, facts);
  facts.teald.ready = text->starts_with("ok");
  for (auto& line : lines_of(*text, 50)) {
    if (line.starts_with("- ")) facts.teald.says.push_back(line.substr(2));
  }
}

// The program of this release: beside this one, else in PATH.
std::string teald_program() {
  std::error_code failed;
  const auto beside = fs::read_symlink("/proc/self/exe", failed).parent_path() / "teald";
  return !failed && fs::exists(beside, failed) ? beside.string() : std::string{"teald"};
}

void gather_check(const Teald& teald, Facts& facts) {
  if (!facts.config_trouble.empty()) return;
  std::vector<std::string> command{teald_program(), "--check", "--config", facts.config_path};
  // As teald's own user, since it is about what that one may read.
  if (::geteuid() == 0 && teald.is_there && teald.id != 0) {
    command.insert(command.begin(), {"runuser", "-u", teald.user, "--"});
  }
  const auto end = run_beside(std::move(command));
  if (!end) {
    facts.check.trouble = end.error().message;
    return;
  }
  facts.check.ran = end->status == 0 || end->status == 2;
  facts.check.well = end->status == 0;
  if (!facts.check.ran) facts.check.trouble = fmt::format("teald --check ended with status {}", end->status);
  facts.check.lines = lines_of(end->output.reveal() + "\n" + end->complaint.reveal(), 20);
  std::erase_if(facts.check.lines, [](const std::string& line) { return line.ends_with("see above"); });
}

std::string address_trouble(const std::string& host) {
  ::addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, nullptr, &found);
  if (failed == 0) ::freeaddrinfo(found);
  return failed == 0 ? std::string{} : ::gai_strerror(failed);
}

void gather_hosts(const std::string& application, const boost::json::value& spec, Facts& facts) {
  for (auto& host : hosts_of(spec)) {
    if (facts.hosts.size() >= most_applications) return;
    auto trouble = address_trouble(host);
    facts.hosts.push_back({application, std::move(host), std::move(trouble)});
  }
}

void gather_preflight(Server& server, const std::string& application, Facts& facts) {
  const auto answer = server.send("POST", application_path(application, "/preflight"));
  if (!answer) {
    if (answer.error().code == ErrorCode::denied) return;
    facts.preflights.push_back({application, {answer.error().message}});
    return;
  }
  const auto items = wire::taken<objects::PreflightObject>(*answer).items;
  if (items.empty()) return;
  PreflightFacts preflight{application, {}};
  for (const auto& item : items) {
    for (const auto& finding : item.findings) {
      if (finding.blocks) preflight.blocks.push_back(fmt::format("{}: {}", finding.reason.text(), finding.message));
    }
  }
  facts.preflights.push_back(std::move(preflight));
}

void gather_applications(Server& server, Facts& facts) {
  const auto list = facts.teald.answers ? server.read("/apis/teal/v1/applications", shortest_look)
                                        : Result<boost::json::value>{Error{ErrorCode::unavailable, ""}};
  if (list) {
    for (const auto& item : items_at(*list, "/items")) {
      const auto name = text_at(item, "/metadata/name");
      if (name.empty() || facts.preflights.size() >= most_applications) continue;
      gather_preflight(server, name, facts);
      if (const auto* spec = find(item, "/spec")) gather_hosts(name, *spec, facts);
    }
    return;
  }
  std::istringstream none;
  const auto files = read_manifests({facts.config.manifests}, none);
  if (!files) return;
  for (const auto& file : *files) {
    if (file.parsed.application) {
      gather_hosts(file.parsed.application->name, wire::to_json(file.parsed.application->spec), facts);
    }
  }
}

void gather_certificate(Facts& facts) {
  if (facts.config.certificate.empty()) return;
  const auto text = [](const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{in}, {}};
  };
  auto& found = facts.certificate.emplace();
  found.path = facts.config.certificate;
  const auto certificate = text(facts.config.certificate);
  auto key = text(facts.config.key);
  if (certificate.empty()) {
    found.trouble = "cannot be read";
    return;
  }
  if (key.empty()) {  // for root's and teald's eyes only
    facts.certificate.reset();
    return;
  }
  const auto context = runtime::make_tls_server_context({certificate, key, {}});
  masking::Secret::overwrite(key);
  if (context) found.expires = runtime::expiry_of(**context);
  if (!context) found.trouble = context.error().message;
}

}  // namespace

Facts gather(const std::string& config_path, Server& server) {
  Facts facts;
  facts.config_path = config_path;
  read_config_file(facts);
  const auto endpoint = http::parse_endpoint(server.url());
  const auto teald = gather_unit(endpoint && endpoint->unix_socket ? endpoint->path : std::string{}, facts);
  facts.user = teald.user;
  facts.user_is_there = teald.is_there;
  for (const auto& place : facts.config.engines) {
    if (!place.socket.empty()) facts.engines.push_back(gather_engine(place, teald));
  }
  for (const auto& place : facts.config.load_balancers) {
    if (!place.socket.empty()) facts.load_balancers.push_back(gather_balancer(place, teald));
    if (place.certificates.empty()) continue;
    for (auto& one : certificates_in(place.certificates)) facts.served_certificates.push_back(std::move(one));
  }
  if (const auto folder = runtime::open_trusted(facts.config.manifests, runtime::PathKind::Folder); !folder) {
    facts.manifests_trouble = folder.error().message;
  }
  ::timex kernel{};
  if (::adjtimex(&kernel) >= 0) facts.clock_is_synchronised = (kernel.status & STA_UNSYNC) == 0;
  gather_check(teald, facts);
  gather_teald(server, teald, facts);
  gather_applications(server, facts);
  gather_certificate(facts);
  return facts;
}

}  // namespace teal::cli
