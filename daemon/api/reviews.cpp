// What whoever asks is, and may: `kubectl auth whoami`, `kubectl auth can-i`. Answered by the gate that answers the
// requests themselves, from the same table of routes.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <set>

#include "daemon/api/body.hpp"
#include "daemon/api/find_rollout.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/proto_text.hpp"
#include "daemon/api/resources.hpp"
#include "daemon/api/routes.hpp"
#include "daemon/api/status_object.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

std::string member_of(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string{found->get_string()} : std::string{};
}

const json::object* object_in(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found == nullptr ? nullptr : found->if_object();
}

// A word of Kubernetes for what a route does.
bool is_verb_of(const Route& route, const Resource& resource, std::string_view verb) {
  const auto all = resource.path();
  if (route.pattern == all) {
    if (route.method == "POST") return verb == "create";
    const bool is_watched = route.query.find("watch") != std::string_view::npos;
    return route.method == "GET" && (verb == "list" || (verb == "watch" && is_watched));
  }
  const std::map<std::string_view, std::string_view> words{
      {"GET", "get"}, {"PUT", "update"}, {"PATCH", "patch"}, {"DELETE", "delete"}, {"POST", "create"}};
  return words.at(route.method) == verb;
}

struct Asked {
  std::string verb;
  std::string group;
  std::string resource;
  std::string subresource;
  std::string name;
};

struct Verdict {
  bool allowed = false;
  std::string reason;
};

// Whether the gate would let them in by this route.
Verdict ask_by_route(const Services& services, const access::Identity& identity, const Route& route,
                     const std::string& name) {
  auto need = route.needs;
  const bool is_rollout = need.reach == access::Reach::Rollout;
  const auto application = is_rollout ? application_of_rollout(name) : name;
  const bool names_one = need.reach == access::Reach::Filtered && route.pattern.ends_with("/applications");
  if (names_one && !name.empty()) need.reach = access::Reach::Application;
  const auto denial = services.gate.refuse(identity, need, false, application);
  if (!denial) return {true, {}};
  return {false, denial->message};
}

std::vector<const Route*> routes_of(const Resource& resource, const std::string& subresource, std::string_view verb) {
  std::vector<const Route*> found;
  const auto all = resource.path();
  for (const auto& route : routes()) {
    const bool is_itself = route.pattern == all || route.pattern == all + "/{name}";
    const bool is_below = route.pattern == fmt::format("{}/{{name}}/{}", all, subresource);
    if (subresource.empty() ? !is_itself : !is_below) continue;
    if (verb == "*" || is_verb_of(route, resource, verb)) found.push_back(&route);
  }
  return found;
}

Verdict ask_about(const Services& services, const access::Identity& identity, const Asked& asked) {
  Verdict verdict{false, fmt::format("there is nothing that {} {} would be", asked.verb, asked.resource)};
  for (const auto& resource : resources()) {
    const bool is_group = asked.group == "*" || asked.group == resource.group;
    const bool is_kind = asked.resource == "*" || asked.resource == resource.plural;
    if (!is_group || !is_kind) continue;
    for (const auto* route : routes_of(resource, asked.subresource, asked.verb)) {
      verdict = ask_by_route(services, identity, *route, asked.name);
      if (!verdict.allowed) return verdict;
    }
  }
  return verdict;
}

// Of an address that is no resource's: /metrics, /healthz.
Verdict ask_about_address(const Services& services, const access::Identity& identity, const json::object& about) {
  const auto path = member_of(about, "path");
  const auto verb = member_of(about, "verb");
  for (const auto& route : routes()) {
    if (route.pattern != path) continue;
    const bool is_verb = (route.method == "GET" && (verb == "get" || verb == "head")) || verb == "*";
    if (is_verb) return ask_by_route(services, identity, route, {});
  }
  return {false, "there is no such address"};
}

json::array sorted_words(const std::set<std::string>& words) {
  json::array list;
  for (const auto& word : words) list.push_back(wire::encoded_text(word));
  return list;
}

json::object rule(const Resource& resource, const std::string& name, const std::set<std::string>& verbs,
                  const access::Identity& identity) {
  json::object out{{"verbs", sorted_words(verbs)},
                   {"apiGroups", json::array{wire::encoded_text(resource.group)}},
                   {"resources", json::array{wire::encoded_text(name)}}};
  json::array names;
  for (const auto& one : identity.applications) names.push_back(wire::encoded_text(one));
  if (!names.empty() && resource.group == "teal") out["resourceNames"] = std::move(names);
  return out;
}

// The verbs that they have of it; of one that is limited to some applications those that it has of them.
std::set<std::string> allowed_verbs(const Services& services, access::Identity identity, const Resource& resource,
                                    const std::string& subresource, const std::vector<std::string>& verbs) {
  identity.applications.clear();
  std::set<std::string> allowed;
  for (const auto& verb : verbs) {
    if (ask_about(services, identity,
                  {verb, std::string{resource.group}, std::string{resource.plural}, subresource, {}})
            .allowed) {
      allowed.insert(verb);
    }
  }
  return allowed;
}

Response created(json::object object) {
  Response response;
  response.status = 201;
  response.body = wire::json_text(object) + "\n";
  return response;
}

// kubectl sends this one question as a protocol buffer, and asks no second time. The numbers are those of the fields in
// Kubernetes' generated.proto.
constexpr std::string_view proto_mark{"k8s\0", 4};

json::object texts_in(std::string_view message, std::initializer_list<std::pair<const char*, int>> fields) {
  json::object out;
  for (const auto& [name, number] : fields) {
    const auto text = proto_field(message, static_cast<std::uint64_t>(number));
    if (!text.empty() && is_utf8(text)) out[name] = wire::encoded_text(text);
  }
  return out;
}

Read<json::object> read_review(const Request& request) {
  if (request.content_type != "application/vnd.kubernetes.protobuf") return read_options(request);
  const std::string_view body = request.body;
  if (!body.starts_with(proto_mark)) return {{}, bad_request("the body is no protocol buffer of Kubernetes")};
  const auto spec = proto_field(proto_field(body.substr(proto_mark.size()), 2), 2);
  const auto about = proto_field(spec, 1);
  const auto address = proto_field(spec, 2);
  json::object out;
  if (!about.empty()) {
    out["resourceAttributes"] = texts_in(about, {{"namespace", 1},
                                                 {"verb", 2},
                                                 {"group", 3},
                                                 {"version", 4},
                                                 {"resource", 5},
                                                 {"subresource", 6},
                                                 {"name", 7}});
  }
  if (!address.empty()) out["nonResourceAttributes"] = texts_in(address, {{"path", 1}, {"verb", 2}});
  return {json::object{{"spec", std::move(out)}}, {}};
}

}  // namespace

Answer review_access(Services& services, Request request) {
  auto body = read_review(request);
  if (!body.value) co_return std::move(*body.refusal);
  const auto* spec = object_in(*body.value, "spec");
  const auto* about = spec == nullptr ? nullptr : object_in(*spec, "resourceAttributes");
  const auto* address = spec == nullptr ? nullptr : object_in(*spec, "nonResourceAttributes");
  if ((about == nullptr) == (address == nullptr)) {
    co_return failure(422, "Invalid", "spec has either resourceAttributes or nonResourceAttributes");
  }
  Verdict verdict;
  if (about != nullptr) {
    verdict = ask_about(services, request.identity,
                        {member_of(*about, "verb"), member_of(*about, "group"), member_of(*about, "resource"),
                         member_of(*about, "subresource"), member_of(*about, "name")});
  } else {
    verdict = ask_about_address(services, request.identity, *address);
  }
  json::object status{{"allowed", verdict.allowed}};
  if (!verdict.reason.empty()) status["reason"] = wire::encoded_text(verdict.reason);
  co_return created({{"kind", "SelfSubjectAccessReview"},
                     {"apiVersion", "authorization.k8s.io/v1"},
                     {"metadata", json::object{}},
                     {"spec", *spec},
                     {"status", std::move(status)}});
}

Answer review_rules(Services& services, Request request) {
  json::array rules;
  for (const auto& resource : resources()) {
    const std::string plural{resource.plural};
    const auto verbs = allowed_verbs(services, request.identity, resource, "", verbs_of(resource));
    if (!verbs.empty()) rules.push_back(rule(resource, plural, verbs, request.identity));
    for (const auto& sub : subresources_of(resource)) {
      const auto its = allowed_verbs(services, request.identity, resource, sub.name, sub.verbs);
      if (!its.empty()) rules.push_back(rule(resource, plural + "/" + sub.name, its, request.identity));
    }
  }
  json::array addresses;
  for (const auto& route : routes()) {
    const bool is_plain = route.method == "GET" && route.pattern.find('{') == std::string_view::npos &&
                          !route.pattern.starts_with("/api");
    if (is_plain && ask_by_route(services, request.identity, route, {}).allowed)
      addresses.push_back(wire::encoded_text(route.pattern));
  }
  json::object about_addresses{{"verbs", json::array{"get"}}, {"nonResourceURLs", std::move(addresses)}};
  co_return created({{"kind", "SelfSubjectRulesReview"},
                     {"apiVersion", "authorization.k8s.io/v1"},
                     {"metadata", json::object{}},
                     {"spec", json::object{}},
                     {"status", json::object{{"resourceRules", std::move(rules)},
                                             {"nonResourceRules", json::array{std::move(about_addresses)}},
                                             {"incomplete", false}}}});
}

Answer review_self(Services&, Request request) {
  const auto& who = request.identity;
  json::object extra;
  if (!who.proof.empty()) extra["teal/proof"] = json::array{wire::encoded_text(who.proof)};
  json::array applications;
  for (const auto& one : who.applications) applications.push_back(wire::encoded_text(one));
  if (!applications.empty()) extra["teal/applications"] = std::move(applications);
  json::object user{{"username", wire::encoded_text(who.name)},
                    {"groups", json::array{wire::encoded_text(fmt::format("teal:{}", to_string(who.role)))}}};
  if (!extra.empty()) user["extra"] = std::move(extra);
  co_return created({{"kind", "SelfSubjectReview"},
                     {"apiVersion", "authentication.k8s.io/v1"},
                     {"metadata", json::object{}},
                     {"status", json::object{{"userInfo", std::move(user)}}}});
}

}  // namespace teal::api
