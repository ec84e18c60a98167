#include "daemon/api/routes.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <set>

#include "daemon/api/find_rollout.hpp"
#include "daemon/api/guarded_sink.hpp"
#include "daemon/api/gzip.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/host_names.hpp"
#include "daemon/api/media.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/api/target.hpp"
#include "manifests/masking/mask_text.hpp"
#include "manifests/wire/json.hpp"

namespace teal::api {
namespace {

using access::Reach;
using access::RequiredAccess;
using access::Role;

constexpr RequiredAccess open{Role::Nobody, Reach::Nothing};
constexpr RequiredAccess reads{Role::Viewer, Reach::Nothing};
constexpr RequiredAccess views_all{Role::Viewer, Reach::Everything};
constexpr RequiredAccess views_some{Role::Viewer, Reach::Filtered};
constexpr RequiredAccess views_one{Role::Viewer, Reach::Application};
constexpr RequiredAccess views_rollout{Role::Viewer, Reach::Rollout};
constexpr RequiredAccess operates_one{Role::Operator, Reach::Application};
constexpr RequiredAccess plans_one{Role::Operator, Reach::Application,
                                   Role::Admin};  // a spec of the caller's own is an admin's
constexpr RequiredAccess administers_one{Role::Admin, Reach::Application};
constexpr RequiredAccess audits{Role::Admin, Reach::Filtered};

constexpr RequiredAccess creates{Role::Admin, Reach::Filtered};  // which one, its body says

// What every list, every GET of one and every write of Kubernetes takes.
constexpr std::string_view list_query =
    "watch,resourceVersion,resourceVersionMatch,timeoutSeconds,allowWatchBookmarks,sendInitialEvents,limit,continue,"
    "labelSelector,fieldSelector,includeObject";
constexpr std::string_view list_of_application_query =
    "application,watch,resourceVersion,resourceVersionMatch,timeoutSeconds,allowWatchBookmarks,sendInitialEvents,limit,"
    "continue,labelSelector,fieldSelector,includeObject";
constexpr std::string_view get_query = "resourceVersion,includeObject";
constexpr std::string_view write_query = "dryRun,fieldManager,fieldValidation,reason";
constexpr std::string_view patch_query = "dryRun,fieldManager,fieldValidation,force,reason";

constexpr Route table[] = {
    {"GET", "/", get_page, open, "", "text/html", "The operators' page"},
    {"GET", "/web/{file}", get_page_file, open, "", "text/plain", "What the page is made of"},
    {"GET", "/healthz", get_healthz, open, "", "text/plain", "Does teald answer?"},
    {"GET", "/readyz", get_readyz, open, "", "text/plain", "Can teald work? 503 with the reasons if not"},
    {"GET", "/version", get_version, reads, "", "Version",
     "What this teald was built from, and the versions of its engines and load balancers"},
    {"GET", "/metrics", get_metrics, views_all, "", "text/plain", "Metrics in the Prometheus text format"},
    {"GET", "/openapi/v3", get_openapi, reads, "", "OpenAPI", "This description, or Kubernetes' index of its groups"},
    {"GET", "/openapi/v3/api/{version}", get_openapi_of_group, reads, "hash", "OpenAPI",
     "The part of this description that is about the core group"},
    {"GET", "/openapi/v3/apis/{group}/{version}", get_openapi_of_group, reads, "hash", "OpenAPI",
     "The part of this description that is about one group"},
    {"GET", "/openapi/v2", get_openapi_v2, reads, "", "Swagger", "The same in Swagger 2.0, for older clients"},
    {"GET", "/api", get_core_versions, reads, "", "APIVersions", "Discovery: versions of the core group"},
    {"GET", "/api/v1", get_core_resources, reads, "", "APIResourceList", "Discovery: kinds of the core group"},
    {"GET", "/apis", get_groups, reads, "", "APIGroupList", "Discovery: groups"},
    {"GET", "/apis/{group}", get_group, reads, "", "APIGroup", "Discovery: one group"},
    {"GET", "/apis/{group}/{version}", get_resources, reads, "", "APIResourceList", "Discovery: kinds of a group"},
    {"GET", "/api/v1/namespaces", list_namespaces, reads, list_query, "NamespaceList", "The one namespace"},
    {"GET", "/api/v1/namespaces/{name}", get_namespace, reads, "", "Namespace", "The one namespace"},
    {"POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review_self, reads, write_query, "SelfSubjectReview",
     "Who asks, as teald sees it"},
    {"POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review_access, reads, write_query,
     "SelfSubjectAccessReview", "Whether they may"},
    {"POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review_rules, reads, write_query,
     "SelfSubjectRulesReview", "All that they may"},
    {"GET", "/apis/teal/v1/applications", list_applications, views_some, list_query, "ApplicationList",
     "All applications, or the stream of their changes"},
    {"POST", "/apis/teal/v1/applications", create_application, creates, write_query, "Application",
     "Creates an application"},
    {"GET", "/apis/teal/v1/applications/{name}", get_application, views_one, get_query, "Application",
     "One application"},
    {"PUT", "/apis/teal/v1/applications/{name}", put_application, administers_one, write_query, "Application",
     "Creates or replaces an application that no manifest file owns"},
    {"PATCH", "/apis/teal/v1/applications/{name}", patch_application, administers_one, patch_query, "Application",
     "Changes parts of an application that no manifest file owns, or applies some of its fields"},
    {"GET", "/apis/teal/v1/applications/{name}/scale", get_scale, views_one, "", "Scale",
     "The replicas of an application with one component"},
    {"PUT", "/apis/teal/v1/applications/{name}/scale", set_scale, administers_one, write_query, "Scale",
     "Changes the replicas of an application with one component"},
    {"PATCH", "/apis/teal/v1/applications/{name}/scale", set_scale, administers_one, patch_query, "Scale",
     "Changes the replicas of an application with one component"},
    {"DELETE", "/apis/teal/v1/applications/{name}", delete_application, administers_one,
     "dryRun,propagationPolicy,gracePeriodSeconds,orphanDependents,reason", "Status",
     "Removes an application with its containers and servers"},
    {"GET", "/apis/teal/v1/applications/{name}/status", get_application, views_one, get_query, "Application",
     "The same object"},
    {"POST", "/apis/teal/v1/applications/{name}/plan", plan_application, plans_one, "", "Plan",
     "The steps that would be taken; nothing is done"},
    {"POST", "/apis/teal/v1/applications/{name}/preflight", preflight_application, operates_one, "", "Preflight",
     "Looks at the databases of its migration jobs with both users; nothing is changed"},
    {"POST", "/apis/teal/v1/applications/{name}/approve", approve_application, operates_one, "reason", "Status",
     "Lets a rollout that waits for approval go on"},
    {"POST", "/apis/teal/v1/applications/{name}/pause", pause_application, operates_one, "reason", "Status",
     "Halts the rollout"},
    {"POST", "/apis/teal/v1/applications/{name}/resume", resume_application, operates_one, "reason", "Status",
     "Ends a pause"},
    {"POST", "/apis/teal/v1/applications/{name}/abort", abort_application, operates_one, "reason", "Status",
     "Ends the rollout; the version before goes on serving"},
    {"POST", "/apis/teal/v1/applications/{name}/retry", retry_application, operates_one, "reason", "Status",
     "Tries again what failed"},
    {"POST", "/apis/teal/v1/applications/{name}/end-job", end_job, administers_one, "reason", "Status",
     "Kills a job that still runs after its timeout: {\"job\": …, \"confirm\": \"{name}\"}"},
    {"POST", "/apis/teal/v1/applications/{name}/maintenance", maintain_application, operates_one, "reason", "Status",
     "Shows clients of its routes a page, or ends that: {\"on\": true}"},
    {"POST", "/apis/teal/v1/applications/{name}/rollback", roll_back_application, operates_one, "reason", "Status",
     "Goes back to a revision: {\"toRevision\": N}, by default the one before"},
    {"GET", "/apis/teal/v1/rollouts", list_rollouts, views_some, list_of_application_query, "RolloutList",
     "Rollouts, newest first, or the stream of their changes"},
    {"GET", "/apis/teal/v1/rollouts/{name}", get_rollout, views_rollout, get_query, "Rollout",
     "One rollout: {application}-{revision}"},
    {"GET", "/apis/teal/v1/rollouts/{name}/status", get_rollout, views_rollout, get_query, "Rollout",
     "The same object"},
    {"GET", "/apis/teal/v1/rollouts/{name}/logs", get_rollout_logs, views_rollout,
     "job,attempt,component,replica,follow,timestamps", "text/plain", "What a job's or replica's container printed"},
    {"GET", "/apis/teal/v1/events", list_events, views_some, list_of_application_query, "EventList",
     "What happened, oldest first, or the stream of it"},
    {"GET", "/api/v1/events", list_events, views_some, list_query, "CoreEventList", "The same, as core/v1 has it"},
    {"GET", "/api/v1/namespaces/{namespace}/events", list_events, views_some, list_query, "CoreEventList",
     "The same: none of them has a namespace"},
    {"GET", "/apis/events.k8s.io/v1/events", list_events, views_some, list_query, "RegardingEventList",
     "The same, as events.k8s.io/v1 has it"},
    {"GET", "/apis/events.k8s.io/v1/namespaces/{namespace}/events", list_events, views_some, list_query,
     "RegardingEventList", "The same: none of them has a namespace"},
    {"GET", "/apis/teal/v1/audit", list_audit, audits, "application,since,limit,follow", "AuditList",
     "Who changed what and who was refused, oldest first, or each in a line as it comes"},
    {"GET", "/livez", get_healthz, open, "", "text/plain", "The same as /healthz"},
    {"GET", "/favicon.ico", get_page_file, open, "", "image/svg+xml", "The page's icon"},
};

std::string_view next_segment(std::string_view& rest) {
  const auto slash = rest.find('/');
  const auto segment = rest.substr(0, slash);
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return segment;
}

std::optional<Response> refuse_foreign_name(const Services& services, const Request& request) {
  if (is_own_name(request.host, request.local_address, services.names)) return std::nullopt;
  return failure(403, "Forbidden",
                 fmt::format("\"{}\" is no name of this address: use its number, or list the name under api.names in "
                             "teald.yaml",
                             request.host));
}

// A page of another site must not act with what its visitor's browser is let in by.
std::optional<Response> refuse_foreign_page(const Request& request) {
  if (request.method == "GET" || request.method == "HEAD" || request.origin.empty()) return std::nullopt;
  const auto scheme = request.origin.find("://");
  const bool same_site =
      scheme != std::string::npos && std::string_view(request.origin).substr(scheme + 3) == request.host;
  if (same_site) return std::nullopt;
  return failure(403, "Forbidden", "requests from pages of another origin are refused");
}

// `timeout` is how long a client means to wait, and `pretty` how it likes JSON: Kubernetes takes both anywhere.
std::optional<Response> refuse_unknown_query(const Request& request, const Route& route) {
  std::set<std::string_view> known{"timeout", "pretty"};
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

// What is no JSON is for browsers, Prometheus and people, who are given what there is.
std::optional<Response> refuse_form(const Request& request, const Route& route) {
  const bool is_json = route.produces.find('/') == std::string_view::npos;
  if (!is_json || route.handler == get_openapi_v2 || takes_media(request.accept, "application/json"))
    return std::nullopt;
  return failure(406, "NotAcceptable",
                 fmt::format("this address answers application/json, which the Accept header ({}) does not take",
                             request.accept.substr(0, 200)));
}

// 304 for what the client has already.
void leave_out_what_is_known(const std::string& if_none_match, Response& response) {
  if (if_none_match.empty() || response.status != 200 || response.stream) return;
  for (const auto& [name, value] : response.headers) {
    if (name != "ETag") continue;
    const auto plain = value.starts_with("W/") ? value.substr(2) : value;
    if (if_none_match != "*" && if_none_match.find(plain) == std::string::npos) return;
    response.status = 304;
    response.body.clear();
    response.shared_body = nullptr;
    return;
  }
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

namespace {

struct Match {
  const Route* route = nullptr;  // none: see `allowed`
  std::string allowed;           // methods that the address knows; empty: there is no such address
};

Match find_route(const Request& request) {
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  Match match;
  for (const auto& route : table) {
    if (!matches(route.pattern, request.segments)) continue;
    const auto methods = route.method == "GET" ? std::string_view("GET, HEAD") : route.method;
    match.allowed += fmt::format("{}{}", match.allowed.empty() ? "" : ", ", methods);
    if (route.method == method) match.route = &route;
  }
  return match;
}

Response no_route(const std::string& allowed) {
  if (allowed.empty()) return not_found("the server could not find the requested resource");
  auto refusal = failure(405, "MethodNotAllowed", fmt::format("this address knows {}", allowed));
  refusal.headers.emplace_back("Allow", allowed);
  return refusal;
}

// The application that a request is about; empty: none, or all of them.
std::string concerned(const Route& route, const Request& request) {
  switch (route.needs.reach) {
    case Reach::Application:
      return request.segments.at(4);
    case Reach::Rollout:
      return application_of_rollout(request.segments.at(4));
    case Reach::Filtered:
      return text_parameter(request, "application");
    case Reach::Nothing:
    case Reach::Everything:
      return {};
  }
  return {};
}

// Whether whoever asks may. What an identity that is limited to some applications asks of one that it names is about
// that.
std::optional<access::Denial> ask_gate(const Services& services, const Route& route, const Request& request,
                                       const std::optional<access::Identity>& identity) {
  auto need = route.needs;
  const auto application = concerned(route, request);
  if (need.reach == Reach::Filtered && !application.empty()) need.reach = Reach::Application;
  const bool has_body = request.body.empty() ? request.announces_body : !is_empty_body(request);
  return services.gate.refuse(identity, need, has_body, application);
}

void record_denial(const Services& services, const Request& request, int status, const std::string& application) {
  if (services.denials != nullptr) services.denials->denied(request.by, status, application);
}

Response refused(const access::Denial& denial) {
  if (denial.status != 401) return failure(denial.status, "Forbidden", denial.message);
  // The same words whatever was wrong: which tokens exist is nobody's business.
  auto refusal = failure(401, "Unauthorized", "this needs a token: Authorization: Bearer …, or a client certificate");
  refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
  return refusal;
}

constexpr std::size_t longest_reason = 1024;

std::optional<Response> take_reason(Request& request) {
  auto reason = text_parameter(request, "reason");
  const bool is_too_long = reason.size() > longest_reason;
  // Shown in events, logs and the audit.
  if (!is_too_long) request.by.reason = masking::mask_connection_strings(reason);
  if (!is_too_long) return std::nullopt;
  return bad_request(fmt::format("reason is longer than {} bytes", longest_reason));
}

// What becomes of a request before its handler: `route` when it may go on, else `refusal`.
struct Judgement {
  const Route* route = nullptr;
  std::optional<access::Identity> identity;
  std::optional<Response> refusal;
};

Judgement refused_by(Response refusal) { return {nullptr, std::nullopt, std::move(refusal)}; }

// Puts into the request who asks, and the parts of its target.
Judgement judge(const Services& services, Request& request) {
  auto target = parse_target(request.target);
  if (!target) return refused_by(bad_request(target.error().message));
  request.segments = std::move(target->segments);
  request.query = std::move(target->query);
  request.by.method = request.method;
  request.by.path = request.target.substr(0, request.target.find('?'));
  auto identity = services.gate.identify(request.credentials);
  request.identity = identity.value_or(access::Identity{});
  request.by.name = request.identity.name;
  request.by.proof = request.identity.proof;
  auto bad_reason = take_reason(request);
  if (auto refusal = refuse_foreign_name(services, request)) {
    record_denial(services, request, refusal->status, {});
    return refused_by(std::move(*refusal));
  }
  const auto match = find_route(request);
  if (match.route == nullptr) return refused_by(no_route(match.allowed));
  if (const auto denial = ask_gate(services, *match.route, request, identity)) {
    record_denial(services, request, denial->status, concerned(*match.route, request));
    return refused_by(refused(*denial));
  }
  if (auto refusal = refuse_foreign_page(request)) {
    record_denial(services, request, refusal->status, concerned(*match.route, request));
    return refused_by(std::move(*refusal));
  }
  if (auto refusal = refuse_unknown_query(request, *match.route)) return refused_by(std::move(*refusal));
  if (auto refusal = refuse_form(request, *match.route)) return refused_by(std::move(*refusal));
  if (bad_reason) return refused_by(std::move(*bad_reason));
  return {match.route, std::move(identity), std::nullopt};
}

}  // namespace

std::optional<Response> refuse(const Services& services, Request request) {
  auto refusal = judge(services, request).refusal;
  const bool may_not = refusal && (refusal->status == 401 || refusal->status == 403);
  return may_not ? std::move(refusal) : std::nullopt;  // what is wrong with the rest shows once all of it is there
}

boost::asio::awaitable<Response> dispatch(Services& services, Request request) {
  auto judgement = judge(services, request);
  if (judgement.refusal) co_return std::move(*judgement.refusal);
  auto credentials = request.credentials;
  const bool may_compress = takes_gzip(request.accept_encoding);
  const auto if_none_match = request.if_none_match;
  auto response = co_await caught(services, *judgement.route, std::move(request));
  leave_out_what_is_known(if_none_match, response);
  co_await compress(services.gzip, may_compress, response);
  if (judgement.identity) guard_stream(services.gate, std::move(credentials), *judgement.identity, response);
  co_return response;
}

}  // namespace teal::api
