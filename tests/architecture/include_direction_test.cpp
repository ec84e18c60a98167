// Who may include whom: manifests ◄ controllers ◄ daemon ◄ tests, adapters apart from each other, each library in its
// room.
#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <string_view>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {
namespace {

using Prefixes = std::vector<std::string_view>;

bool is_in(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  if (prefix.ends_with('/') || prefix.ends_with('.') || path.size() == prefix.size()) return true;
  return path[prefix.size()] == '/';
}

bool is_in_any(std::string_view path, const Prefixes& prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return is_in(path, prefix); });
}

struct Room {
  std::string_view folder;
  Prefixes sees;
};

Prefixes with(Prefixes base, std::initializer_list<std::string_view> more) {
  base.insert(base.end(), more);
  return base;
}

// The floors of the controllers, from the ground up. A floor sees what it stands on and nothing else; only `ports` and
// what stands on it may know Asio.
const Prefixes seen{"manifests", "controllers/world", "controllers/mutants"};
const Prefixes remembered = with(seen, {"controllers/records"});
const Prefixes ports = with(remembered, {"controllers/ports"});
// What an adapter needs: the port that it answers, and what is said over it.
const Prefixes adapter = with(seen, {"controllers/ports", "daemon/runtime", "daemon/http"});

// The first folder that a file is in counts, so the inner ones come first.
const std::vector<Room>& rooms() {
  static const std::vector<Room> table{
      {"manifests/foundation", {"manifests/foundation"}},
      // What the API shows, and whoever reads it back: of the spec, and nothing of how it is parsed or validated.
      {"manifests/api", {"manifests/foundation", "manifests/wire", "manifests/spec", "manifests/api"}},
      {"manifests", {"manifests"}},
      {"controllers/mutants", {"controllers/mutants"}},
      {"controllers/world", seen},
      {"controllers/records", remembered},
      {"controllers/rollout", with(remembered, {"controllers/rollout"})},
      {"controllers/admission", with(remembered, {"controllers/admission"})},
      {"controllers/ports", ports},
      {"controllers/environment", with(ports, {"controllers/environment"})},
      {"controllers/status", with(ports, {"controllers/rollout", "controllers/status"})},
      {"controllers/plan/model", with(remembered, {"controllers/rollout", "controllers/plan/model"})},
      {"controllers/plan", with(ports, {"controllers/rollout", "controllers/environment", "controllers/plan"})},
      {"controllers/requests", with(ports, {"controllers/plan", "controllers/requests"})},
      {"controllers/reconcile", {"manifests", "controllers"}},
      {"daemon/runtime", with(seen, {"controllers/ports", "controllers/records/kept_log.", "daemon/runtime"})},
      {"daemon/http", {"manifests", "daemon/runtime", "daemon/http"}},
      {"daemon/drivers/drivers.", {"manifests", "daemon/drivers"}},
      {"daemon/config",
       {"manifests", "controllers/ports/limits.", "daemon/runtime", "daemon/http", "daemon/access/role.",
        "daemon/config", "daemon/drivers/drivers.", "daemon/drivers/notifications/notice."}},
      {"daemon/access",
       with(adapter, {"controllers/records/requester.", "controllers/records/audit.", "daemon/access"})},
      {"daemon/api", {"manifests", "controllers", "daemon/access", "daemon/runtime", "daemon/http", "daemon/api"}},
      {"daemon", {"manifests", "controllers", "daemon"}},  // app, main and what watches the world for them
      {"cli",
       {"manifests", "daemon/runtime", "daemon/http", "daemon/access/role.", "daemon/access/tokens_file.", "cli"}},
      {"tests", {"manifests", "controllers", "daemon", "cli", "tests"}},
  };
  return table;
}

bool is_only_one(std::string_view kind) {
  return kind == "daemon/drivers/registries" || kind == "daemon/drivers/secrets";
}

// The driver's folder that a file is in: daemon/drivers/<kind>/<driver>, or the kind's where there is only one to be.
// Of what the drivers of a kind share it is the kind's as well.
std::string_view driver_of(std::string_view path) {
  constexpr std::string_view drivers = "daemon/drivers/";
  if (!path.starts_with(drivers)) return {};
  const auto kind_end = path.find('/', drivers.size());
  if (kind_end == path.npos) return {};
  const auto kind = path.substr(0, kind_end);
  const auto end = path.find('/', kind_end + 1);
  return end == path.npos || is_only_one(kind) ? kind : path.substr(0, end);
}

bool is_shared_by_drivers(std::string_view path) {
  const auto folder = driver_of(path);
  return std::ranges::count(folder, '/') < 3 && !is_only_one(folder);
}

// Whether a driver may include this: its own files, what the drivers of its kind share, and what every driver needs.
bool driver_sees(std::string_view driver, std::string_view header) {
  static const auto all = with(adapter, {"controllers/records", "daemon/drivers/drivers.", "daemon/config/fields.",
                                         "daemon/config/address.", "daemon/drivers/stores/log_limits."});
  const auto kind = driver.substr(0, driver.find('/', std::string_view{"daemon/drivers/"}.size()));
  const bool is_shared = driver_of(header) == kind && is_shared_by_drivers(header);
  return is_in_any(header, all) || driver_of(header) == driver || is_shared;
}

struct Library {
  std::string_view header;  // what its includes begin with
  Prefixes rooms;           // tests may include any
};

const std::vector<Library>& libraries() {
  static const std::vector<Library> table{
      {"yaml-cpp/", {"manifests/parse"}},
      {"bits/chrono.h", {"manifests/foundation/duration."}},
      {"utf8cpp/", {"manifests/foundation"}},
      {"sqlite3.h", {"daemon/drivers/stores/sqlite"}},
      {"pqxx/", {"daemon/drivers/stores/postgres", "daemon/drivers/databases/postgres"}},
      // libpqxx 6.4 connects by PQconnectdb, which a server that sends and sends never lets go: connection.cpp does it
      // step by step, and hands what it has made to libpqxx.
      {"libpq-fe.h", {"daemon/drivers/databases/postgres/connection."}},
      {"prometheus/",
       {"daemon/runtime/metrics.", "daemon/runtime/metrics_text.", "daemon/runtime/metrics_series.",
        "daemon/runtime/metrics_state.", "daemon/runtime/metrics_applications."}},
      {"spdlog/", {"daemon/runtime"}},
      {"boost/beast", {"daemon/http", "daemon/api"}},
      {"boost/crc", {"daemon/api/gzip."}},
      {"malloc.h", {"daemon/main."}},
      {"boost/asio/ssl", {"daemon/runtime"}},
      {"boost/asio/ip", {"daemon"}},
      {"boost/asio/local", {"daemon"}},
      {"boost/asio/posix", {"daemon"}},
      {"boost/asio/generic", {"daemon"}},
      {"boost/asio",
       {"controllers/ports", "controllers/environment", "controllers/plan", "controllers/requests",
        "controllers/reconcile", "daemon", "cli"}},
      {"boost/url", {"manifests/foundation", "daemon/http"}},
      {"boost/json", {"manifests", "controllers", "daemon", "cli"}},
      {"boost/describe", {"manifests", "controllers", "daemon"}},
      {"boost/system", {"manifests", "controllers", "daemon", "cli"}},
      {"boost/assert", {"manifests"}},
      {"openssl/", {"manifests/foundation", "daemon/runtime", "daemon/drivers/registries/cosign"}},
      {"boost/algorithm", {"manifests/foundation"}},
      {"systemd/", {"daemon/app.", "daemon/main.", "daemon/runtime"}},
      {"CLI/", {"cli"}},
      {"getopt.h", {"daemon/main."}},
      {"date/", {"controllers", "manifests"}},
      {"fmt/", {"manifests", "controllers", "daemon", "cli"}},
      {"gtest/", {}},
      {"gmock/", {}},
  };
  return table;
}

// Of the system: sockets, files and processes are the daemon's and, for terminals, the cli's.
const Prefixes& system_headers() {
  static const Prefixes table{"sys/",    "netinet/", "arpa/",     "net/",     "linux/",    "unistd.h",   "fcntl.h",
                              "poll.h",  "signal.h", "pthread.h", "netdb.h",  "termios.h", "langinfo.h", "wchar.h",
                              "sched.h", "spawn.h",  "dirent.h",  "syslog.h", "grp.h",     "pwd.h",      "fnmatch.h"};
  return table;
}

struct Include {
  std::string_view header;
  bool own = false;  // in quotes
};

std::optional<Include> include_of(std::string_view line) {
  const auto start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos || line[start] != '#') return std::nullopt;
  line.remove_prefix(line.find_first_not_of(" \t", start + 1));
  if (!line.starts_with("include")) return std::nullopt;
  const auto open = line.find_first_of("<\"");
  if (open == std::string_view::npos) return std::nullopt;
  const auto close = line.find_first_of(">\"", open + 1);
  return Include{line.substr(open + 1, close - open - 1), line[open] == '"'};
}

// Why a file may not include this; nothing when it may.
std::optional<std::string> objection(std::string_view path, const Include& include) {
  if (const auto driver = driver_of(path); include.own && !driver.empty()) {
    if (driver_sees(driver, include.header)) return std::nullopt;
    return std::string{driver} + " must not see it";
  }
  if (include.own && path.starts_with("daemon/") && !is_shared_by_drivers(include.header)) {
    return "only the build list knows drivers (daemon/drivers/CMakeLists.txt)";
  }
  const auto room = std::ranges::find_if(rooms(), [&](const Room& r) { return is_in(path, r.folder); });
  if (room == rooms().end()) return "is in no room of the table";
  if (include.own) {
    for (const auto prefix : room->sees) {
      if (is_in(include.header, prefix)) return std::nullopt;
    }
    return std::string{room->folder} + " must not see it";
  }
  if (room->folder == "tests") return std::nullopt;
  if (is_in_any(include.header, system_headers())) {
    if (room->folder == "manifests" || room->folder.starts_with("controllers"))
      return "touches the system, which only the daemon may";
    return std::nullopt;
  }
  for (const auto& library : libraries()) {
    if (!include.header.starts_with(library.header)) continue;
    if (is_in_any(path, library.rooms)) return std::nullopt;
    return "this library does not belong into " + std::string{room->folder};
  }
  if (include.header.find('/') == std::string_view::npos && !include.header.ends_with(".h"))
    return std::nullopt;  // the standard's
  return "this library is not in the table of tests/architecture";
}

std::vector<std::string> objections(const SourceFile& file) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const auto include = include_of(file.lines[i]);
    if (!include) continue;
    if (const auto why = objection(file.path, *include)) {
      found.push_back(file.path + ":" + std::to_string(i + 1) + ": " + std::string{include->header} + ": " + *why);
    }
  }
  return found;
}

TEST(IncludeDirection, IsKeptByEveryFile) {
  std::vector<std::string> found;
  const auto files = source_files();
  EXPECT_GT(files.size(), 50U) << "where are the sources?";
  for (const auto& file : files) {
    for (auto& one : objections(file)) found.push_back(std::move(one));
  }
  EXPECT_TRUE(found.empty()) << joined(found);
}

// All of our headers that a file reads, itself included.
std::map<std::string, const SourceFile*> read_by(const std::string& path, const std::vector<SourceFile>& files) {
  std::map<std::string, const SourceFile*> found;
  std::vector<std::string> open{path};
  while (!open.empty()) {
    const auto next = open.back();
    open.pop_back();
    const auto file = std::ranges::find(files, next, &SourceFile::path);
    if (file == files.end() || !found.emplace(next, &*file).second) continue;
    for (const auto& line : file->lines) {
      if (const auto include = include_of(line); include && include->own) open.emplace_back(include->header);
    }
  }
  return found;
}

// The decisions are plain values. With the calendar and the streams, which <chrono> brings along, each of their units
// would be a quarter longer (64,694 lines of decide.cpp after the preprocessor, against 50,000).
TEST(IncludeDirection, TheCoreReadsNeitherStreamsNorFunctionsNorAnEventLoop) {
  const auto files = source_files();
  const auto core = read_by("controllers/rollout/decide.cpp", files);
  EXPECT_GT(core.size(), 20U);
  std::vector<std::string> found;
  for (const auto& [path, file] : core) {
    for (const auto& line : file->lines) {
      const auto include = include_of(line);
      const bool is_fallback = path == "manifests/foundation/duration.hpp" && include && include->header == "chrono";
      if (!include || include->own || is_fallback || path.ends_with(".cpp")) continue;
      for (const auto heavy : {"chrono", "sstream", "istream", "ostream", "iostream", "fstream", "functional", "regex",
                               "format", "ranges", "fmt/format.h", "filesystem", "boost/json.hpp", "boost/asio"}) {
        if (include->header == heavy || (std::string_view{heavy} == "boost/asio" && include->header.starts_with(heavy)))
          found.push_back(path + ": " + std::string{include->header});
      }
    }
  }
  EXPECT_TRUE(found.empty()) << joined(found);
}

TEST(IncludeDirection, IsSeenWhenItIsBroken) {
  const std::vector<std::pair<std::string, std::string>> wrong{
      {"manifests/x.cpp", "#include \"controllers/records/event.hpp\""},
      {"manifests/foundation/x.cpp", "#include \"manifests/spec/names.hpp\""},
      {"manifests/api/x.hpp", "#include \"manifests/parse/reader.hpp\""},
      {"manifests/api/x.hpp", "#include \"controllers/records/record.hpp\""},
      {"manifests/x.cpp", "#include <yaml-cpp/yaml.h>"},
      {"manifests/x.cpp", "#include <boost/asio/awaitable.hpp>"},
      {"manifests/x.cpp", "  #  include <sys/socket.h>"},
      {"controllers/x.cpp", "#include <string>"},
      {"controllers/reconcile/x.cpp", "#include \"daemon/config/config.hpp\""},
      {"controllers/reconcile/x.cpp", "#include <boost/asio/ip/tcp.hpp>"},
      {"controllers/reconcile/x.cpp", "#include <unistd.h>"},
      {"controllers/reconcile/x.cpp", "#include <sqlite3.h>"},
      {"controllers/reconcile/x.cpp", "#include <new/library.h>"},
      {"controllers/rollout/x.hpp", "#include <boost/asio/awaitable.hpp>"},
      {"controllers/rollout/x.hpp", "#include \"controllers/ports/engine.hpp\""},
      {"controllers/records/x.hpp", "#include \"controllers/rollout/decide.hpp\""},
      {"daemon/drivers/engines/docker/x.cpp", "#include \"daemon/drivers/load_balancers/haproxy/y.hpp\""},
      {"daemon/drivers/engines/docker/x.cpp", "#include \"controllers/rollout/decide.hpp\""},
      {"daemon/drivers/engines/docker/x.cpp", "#include <boost/beast/http.hpp>"},
      {"daemon/drivers/stores/sqlite/x.cpp", "#include \"controllers/rollout/decide.hpp\""},
      {"daemon/drivers/stores/sqlite/x.cpp", "#include \"daemon/drivers/stores/postgres/y.hpp\""},
      {"daemon/drivers/stores/sqlite/x.cpp", "#include \"daemon/drivers/tracing/span.hpp\""},
      {"daemon/drivers/stores/sqlite/x.cpp", "#include \"daemon/config/config.hpp\""},
      {"daemon/drivers/tracing/span.hpp", "#include \"daemon/drivers/tracing/otlp/otlp.hpp\""},
      {"daemon/app.cpp", "#include \"daemon/drivers/stores/sqlite/store.hpp\""},
      {"daemon/parts.cpp", "#include \"daemon/drivers/secrets/secrets.hpp\""},
      {"daemon/config/x.cpp", "#include \"daemon/drivers/engines/docker/y.hpp\""},
      {"daemon/api/x.cpp", "#include \"daemon/drivers/stores/sqlite/store.hpp\""},
      {"daemon/runtime/http.cpp", "#include <prometheus/registry.h>"},
      {"daemon/runtime/x.hpp", "#include \"daemon/api/routes.hpp\""},
      {"cli/x.cpp", "#include \"controllers/records/event.hpp\""},
      {"cli/x.cpp", "#include \"daemon/app.hpp\""},
      {"nowhere/x.cpp", "#include <string>"},
  };
  for (const auto& [path, line] : wrong) {
    EXPECT_THAT(objections({path, {"", line}}), testing::ElementsAre(testing::StartsWith(path + ":2: "))) << line;
  }
  const std::vector<std::pair<std::string, std::string>> right{
      {"manifests/parse/tree.cpp", "#include <yaml-cpp/parser.h>"},
      {"controllers/rollout/x.cpp", "#include \"manifests/spec/application.hpp\""},
      {"daemon/drivers/stores/sqlite/x.cpp", "#include \"controllers/records/record_json.hpp\""},
      {"daemon/runtime/metrics.cpp", "#include <prometheus/registry.h>"},
      {"daemon/drivers/tracing/otlp/x.cpp", "#include \"daemon/drivers/tracing/span.hpp\""},
      {"daemon/drivers/registries/ecr/x.cpp", "#include \"daemon/drivers/registries/aws/sigv4.hpp\""},
      {"daemon/drivers/engines/a_new_one/x.cpp", "#include \"daemon/drivers/drivers.hpp\""},
      {"daemon/parts.cpp", "#include \"daemon/drivers/notifications/notifier.hpp\""},
      {"tests/unit/x.cpp", "#include <gtest/gtest.h>"},
      {"cli/x.cpp", "#include <vector>"},
      {"cli/x.cpp", "// #include <sqlite3.h>"},
  };
  for (const auto& [path, line] : right) EXPECT_THAT(objections({path, {line}}), testing::IsEmpty()) << line;
}

}  // namespace
}  // namespace teal::test
