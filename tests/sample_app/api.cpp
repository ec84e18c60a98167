// The sample application's API: what a load balancer, a health check and a client see of the vendor's backend.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <thread>

#include "tests/sample_app/database.hpp"
#include "tests/sample_app/http_server.hpp"
#include "tests/sample_app/settings.hpp"
#include "tests/sample_app/signals.hpp"

namespace sample {
namespace {

using Clock = std::chrono::steady_clock;

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return result + "\"";
}

class Api {
 public:
  explicit Api(const Settings& settings) : settings_(settings), database_(settings) {}

  [[nodiscard]] Response handle(const Request& request) {
    if (request.path == "/api/v1/health/check_up") return check_up();
    if (request.path == "/") return {200, about()};
    if (request.path == "/slow") {
      std::this_thread::sleep_for(milliseconds(request, 2000));
      return {200, about()};
    }
    if (request.path == "/jobs" && request.method == "POST") return enqueue(request);
    if (request.path == "/visits") return visit();
    return {404, R"({"error":"no such path"})"};
  }

 private:
  static std::chrono::milliseconds milliseconds(const Request& request, int fallback) {
    int value = fallback;
    if (const auto found = request.query.find("ms"); found != request.query.end()) {
      (void)std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
    }
    return std::chrono::milliseconds(std::clamp(value, 0, 600'000));
  }

  static Response unavailable(const std::string& why) {
    return {503, R"({"status":"unavailable","error":)" + quoted(why) + "}"};
  }

  [[nodiscard]] std::optional<std::string> told_to_be_ill() const {
    if (settings_.never_healthy) return "told never to be healthy (NEVER_HEALTHY)";
    if (settings_.healthy_then_sick && Clock::now() - started_ >= *settings_.healthy_then_sick) {
      return "told to turn unhealthy (HEALTHY_THEN_SICK_MS)";
    }
    return std::nullopt;
  }

  [[nodiscard]] int schema() {
    return std::stoi(database_.query("SELECT max(version) FROM schema_version").at(0).at(0));
  }

  Response check_up() {
    if (const auto why = told_to_be_ill()) return unavailable(*why);
    try {
      (void)database_.query("SELECT 1");
    } catch (const DatabaseError& error) {
      return unavailable(std::string("database unreachable: ") + error.what());
    }
    try {
      if (const int found = schema(); found < settings_.schema) {
        return unavailable("schema is at version " + std::to_string(found) + ", needed is " +
                           std::to_string(settings_.schema) + ": run ./upgrade_schema.sh upgrade");
      }
    } catch (const std::exception& error) {
      return unavailable(std::string("schema not usable: ") + error.what());
    }
    return {200, R"({"status":"ok","version":)" + quoted(settings_.version) + "}"};
  }

  // Answers whatever the database does, so that a client can tell a dead replica from a dead database.
  std::string about() {
    std::string found = "null";
    try {
      found = std::to_string(schema());
    } catch (const std::exception&) {
    }
    return R"({"version":)" + quoted(settings_.version) + R"(,"replica":)" + quoted(settings_.replica) +
           R"(,"schema":)" + found + "}";
  }

  Response enqueue(const Request& request) {
    try {
      const auto rows = database_.query("INSERT INTO jobs (work_ms) VALUES ($1) RETURNING id",
                                        {std::to_string(milliseconds(request, 100).count())});
      return {200, R"({"job":)" + rows.at(0).at(0) + "}"};
    } catch (const std::exception& error) {
      return unavailable(error.what());
    }
  }

  Response visit() {
    try {
      const auto rows = database_.query("INSERT INTO visits (version) VALUES ($1) RETURNING id", {settings_.version});
      return {200, R"({"version":)" + quoted(settings_.version) + R"(,"visit":)" + rows.at(0).at(0) + "}"};
    } catch (const std::exception& error) {
      return unavailable(error.what());
    }
  }

  const Settings& settings_;
  Pool database_;
  Clock::time_point started_ = Clock::now();
};

void crash_after(std::chrono::milliseconds delay) {
  std::thread([delay] {
    std::this_thread::sleep_for(delay);
    std::fprintf(stderr, "crashing as told (HEALTHY_THEN_CRASH_MS)\n");
    std::_Exit(1);
  }).detach();
}

int run() {
  const Settings settings = read_settings();
  const int stop = stop_descriptor(settings.ignore_sigterm, false);
  std::this_thread::sleep_for(settings.slow_start);
  Api api(settings);
  serve(
      settings.port, stop, [&api](const Request& request) { return api.handle(request); },
      [&settings] {
        std::fprintf(stderr, "api version %s listens on port %d\n", settings.version.c_str(), settings.port);
        if (settings.healthy_then_crash) crash_after(*settings.healthy_then_crash);
      });
  std::fprintf(stderr, "api version %s: all requests answered, bye\n", settings.version.c_str());
  return 0;
}

}  // namespace
}  // namespace sample

int main() {
  try {
    return sample::run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "api: %s\n", error.what());
    return 2;
  }
}
