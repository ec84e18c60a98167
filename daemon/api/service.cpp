// Liveness, readiness, build and metrics.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>

#include "daemon/api/handlers.hpp"
#include "daemon/runtime/build_info.hpp"
#include "manifests/api/version.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

Response text(int status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

}  // namespace

// That this runs is the answer: handlers share the loop with everything else.
Answer get_healthz(Services&, Request) { co_return text(200, "ok\n"); }

// Anybody may ask whether; why not names applications, which is for those who may see them.
Answer get_readyz(Services& services, Request request) {
  const requests::DaemonReadiness readiness = services.control.readiness();
  const int status = readiness.ready ? 200 : 503;
  std::string body = readiness.ready ? "ok\n" : "not ready\n";
  const bool sees_why = request.identity.role >= access::Role::Viewer && request.identity.sees_all();
  if (!sees_why) co_return text(status, std::move(body));
  for (const auto& reason : readiness.reasons) body += "- " + reason + "\n";
  for (const auto& warning : readiness.warnings) body += "- " + warning + "\n";
  co_return text(status, std::move(body));
}

namespace {

// What it works with is for those who may see all applications: it says more of the machine than of one of them.
boost::asio::awaitable<void> add_releases(Services& services, objects::VersionObject& build) {
  auto releases = co_await services.control.releases();
  build.engines = std::move(releases.engines);
  for (auto& balancer : *build.load_balancers) {
    const auto release = std::ranges::find(releases.load_balancers, balancer.name, &objects::VersionEngine::name);
    if (release == releases.load_balancers.end()) continue;
    balancer.version = release->version;
    balancer.message = release->message;
  }
}

}  // namespace

Answer get_version(Services& services, Request request) {
  objects::VersionObject build{std::string{runtime::build_version()}, std::string{runtime::build_revision()}};
  build.load_balancers.emplace();
  for (const auto& [name, balancer] : services.control.places().load_balancers)
    build.load_balancers->push_back({name, balancer.takes_routes});
  if (request.identity.sees_all()) co_await add_releases(services, build);
  auto object = wire::encode(build);
  // Kubernetes' own fields: clients choose by them how they speak, so they name the release whose API this speaks.
  object["major"] = "1";
  object["minor"] = "32";
  object["gitVersion"] = fmt::format("v1.32.0+teal{}", build.version);
  object["gitCommit"] = build.revision;
  object["gitTreeState"] = "clean";
  object["buildDate"] = "1970-01-01T00:00:00Z";
  object["goVersion"] = "";
  object["compiler"] = "clang";
  object["platform"] = "linux/amd64";
  Response response;
  response.body = wire::json_text(object) + "\n";
  co_return response;
}

Answer get_metrics(Services& services, Request request) {
  const auto format = runtime::exposition_for(request.accept);
  Response response = text(200, co_await services.metrics.scrape(format));
  response.content_type = content_type(format);
  response.headers.emplace_back("Vary", "Accept");
  co_return response;
}

}  // namespace teal::api
