// Liveness, readiness, build and metrics.
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

// What it works with is for those who may see all applications: it says more of the machine than of one of them.
Answer get_version(Services& services, Request request) {
  objects::VersionObject build{std::string{runtime::build_version()}, std::string{runtime::build_revision()}};
  if (request.identity.sees_all()) {
    auto releases = co_await services.control.releases();
    build.engines = std::move(releases.engines);
    build.load_balancers = std::move(releases.load_balancers);
  }
  Response response;
  response.body = wire::json_text(wire::encode(build)) + "\n";
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
