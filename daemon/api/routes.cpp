#include "daemon/api/routes.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <set>

#include "daemon/api/handlers.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/api/target.hpp"

namespace teal::api {
namespace {

constexpr Route table[] = {
    {"GET", "/", get_page, false, "", "text/html", "The operators' page"},
    {"GET", "/web/{file}", get_page_file, false, "", "text/plain", "What the page is made of"},
    {"GET", "/healthz", get_healthz, false, "", "text/plain", "Does teald answer?"},
    {"GET", "/readyz", get_readyz, false, "", "text/plain", "Can teald work? 503 with the reasons if not"},
    {"GET", "/version", get_version, false, "", "Version", "What this teald was built from"},
    {"GET", "/metrics", get_metrics, false, "", "text/plain", "Metrics in the Prometheus text format"},
    {"GET", "/openapi/v3", get_openapi, false, "", "OpenAPI", "This description"},
    {"GET", "/apis/teal/v1/applications", list_applications, false, "watch,resourceVersion,timeoutSeconds",
     "ApplicationList", "All applications, or the stream of their changes"},
    {"GET", "/apis/teal/v1/applications/{name}", get_application, false, "", "Application", "One application"},
    {"PUT", "/apis/teal/v1/applications/{name}", put_application, true, "dryRun", "Application",
     "Creates or replaces an application that no manifest file owns"},
    {"PATCH", "/apis/teal/v1/applications/{name}", patch_application, true, "dryRun", "Application",
     "Changes parts of an application that no manifest file owns"},
    {"DELETE", "/apis/teal/v1/applications/{name}", delete_application, true, "", "Status",
     "Removes an application with its containers and servers"},
    {"GET", "/apis/teal/v1/applications/{name}/status", get_application, false, "", "Application", "The same object"},
    {"POST", "/apis/teal/v1/applications/{name}/plan", plan_application, false, "", "Plan",
     "The steps that would be taken; nothing is done"},
    {"POST", "/apis/teal/v1/applications/{name}/preflight", preflight_application, false, "", "Preflight",
     "Looks at the databases of its migration jobs with both users; nothing is changed"},
    {"POST", "/apis/teal/v1/applications/{name}/approve", approve_application, true, "", "Status",
     "Lets a rollout that waits for approval go on"},
    {"POST", "/apis/teal/v1/applications/{name}/pause", pause_application, true, "", "Status", "Halts the rollout"},
    {"POST", "/apis/teal/v1/applications/{name}/resume", resume_application, true, "", "Status", "Ends a pause"},
    {"POST", "/apis/teal/v1/applications/{name}/abort", abort_application, true, "", "Status",
     "Ends the rollout; the version before goes on serving"},
    {"POST", "/apis/teal/v1/applications/{name}/retry", retry_application, true, "", "Status",
     "Tries again what failed"},
    {"POST", "/apis/teal/v1/applications/{name}/rollback", roll_back_application, true, "", "Status",
     "Goes back to a revision: {\"toRevision\": N}, by default the one before"},
    {"GET", "/apis/teal/v1/rollouts", list_rollouts, false, "application,limit", "RolloutList",
     "Rollouts, newest first"},
    {"GET", "/apis/teal/v1/rollouts/{name}", get_rollout, false, "", "Rollout",
     "One rollout: {application}-{revision}"},
    {"GET", "/apis/teal/v1/rollouts/{name}/status", get_rollout, false, "", "Rollout", "The same object"},
    {"GET", "/apis/teal/v1/rollouts/{name}/logs", get_rollout_logs, false, "job,attempt,component,replica,follow",
     "text/plain", "What a job's or replica's container printed"},
    {"GET", "/apis/teal/v1/events", list_events, false, "application,limit,watch,resourceVersion,timeoutSeconds",
     "EventList", "What happened, oldest first, or the stream of it"},
    {"GET", "/apis/teal/v1/audit", list_audit, false, "application,since,limit,follow", "AuditList",
     "Who changed what and who was refused, oldest first, or each in a line as it comes"},
    {"GET", "/livez", get_healthz, false, "", "text/plain", "The same as /healthz"},
    {"GET", "/favicon.ico", get_page_file, false, "", "image/svg+xml", "The page's icon"},
};

std::string_view next_segment(std::string_view& rest) {
  const auto slash = rest.find('/');
  const auto segment = rest.substr(0, slash);
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return segment;
}

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

// A page of another site that has its name point at this machine must not read through the visitor's browser.
bool is_local_name(std::string_view authority) {
  const auto host = host_of(authority);
  const bool is_number = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "[::1]" || (host.starts_with("127.") && is_number);
}

std::optional<Response> refuse_foreign_page(const Request& request, const Route& route) {
  if (request.loopback && !is_local_name(request.host)) {
    return failure(
        403, "Forbidden",
        fmt::format("\"{}\" is no name of this machine's loopback address: use localhost or 127.0.0.1", request.host));
  }
  if (route.method == "GET" || request.origin.empty()) return std::nullopt;
  const auto scheme = request.origin.find("://");
  const bool same_site =
      scheme != std::string::npos && std::string_view(request.origin).substr(scheme + 3) == request.host;
  if (same_site) return std::nullopt;
  return failure(403, "Forbidden", "requests from pages of another origin are refused");
}

std::optional<Response> refuse_unknown_query(const Request& request, const Route& route) {
  std::set<std::string_view> known;
  for (std::string_view rest = route.query; !rest.empty();) {
    const auto comma = rest.find(',');
    known.insert(rest.substr(0, comma));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  std::string unknown;
  for (const auto& [key, value] : request.query) {
    if (!known.contains(key)) unknown += (unknown.empty() ? "" : ", ") + key;
  }
  if (unknown.empty()) return std::nullopt;
  return bad_request(fmt::format("unknown query parameters: {}; {} {} knows {}", unknown, route.method, route.pattern,
                                 route.query.empty() ? "none" : route.query));
}

boost::asio::awaitable<Response> caught(Services& services, const Route& route, Request request) {
  try {
    co_return co_await route.handler(services, std::move(request));
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::asio::error::operation_aborted) throw;  // cancelled: the connection ends
    co_return failure(500, "InternalError", fmt::format("a bug in teald: {}", error.what()));
  } catch (const std::exception& error) {
    co_return failure(500, "InternalError", fmt::format("a bug in teald: {}", error.what()));
  }
}

}  // namespace

std::span<const Route> routes() { return table; }

bool matches(std::string_view pattern, const std::vector<std::string>& segments) {
  std::string_view rest = pattern.substr(1);
  for (const auto& segment : segments) {
    if (rest.empty()) return false;
    const auto expected = next_segment(rest);
    const bool is_open = expected.starts_with('{');
    if (is_open ? segment.empty() : segment != expected) return false;
  }
  return rest.empty();
}

boost::asio::awaitable<Response> dispatch(Services& services, Request request) {
  auto target = parse_target(request.target);
  if (!target) co_return bad_request(target.error().message);
  request.segments = std::move(target->segments);
  request.query = std::move(target->query);
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  const Route* found = nullptr;
  std::string allowed;
  for (const auto& route : table) {
    if (!matches(route.pattern, request.segments)) continue;
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", route.method == "GET" ? "GET, HEAD" : route.method);
    if (route.method == method) found = &route;
  }
  if (allowed.empty()) co_return not_found("the server could not find the requested resource");
  if (found == nullptr) {
    auto refusal = failure(405, "MethodNotAllowed", fmt::format("this address knows {}", allowed));
    refusal.headers.emplace_back("Allow", allowed);
    co_return refusal;
  }
  if (auto refusal = refuse_foreign_page(request, *found)) co_return std::move(*refusal);
  if (found->needs_write && request.over_tcp) {
    if (services.denials != nullptr) services.denials->denied(request.by, 403, request.segments.at(4));
    co_return failure(403, "Forbidden",
                      "writing over TCP is refused until access rights exist (not supported yet): use the Unix socket");
  }
  if (auto refusal = refuse_unknown_query(request, *found)) co_return std::move(*refusal);
  co_return co_await caught(services, *found, std::move(request));
}

}  // namespace teal::api
