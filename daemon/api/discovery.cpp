// Kubernetes' discovery: which groups, versions and kinds there are, in the form that a client asks for.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "daemon/api/handlers.hpp"
#include "daemon/api/media.hpp"
#include "daemon/api/resources.hpp"
#include "daemon/api/status_object.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;
using wire::encoded_text;

struct Group {
  std::string_view name;
  std::string_view version;
};

// In the order in which clients look for a name that several groups have.
constexpr std::array<Group, 5> groups{{{"", "v1"},
                                       {"teal", "v1"},
                                       {"events.k8s.io", "v1"},
                                       {"authentication.k8s.io", "v1"},
                                       {"authorization.k8s.io", "v1"}}};

const Group* group_named(std::string_view name) {
  const auto found = std::ranges::find(groups, name, &Group::name);
  return found == groups.end() ? nullptr : &*found;
}

json::array texts_between_commas(std::string_view text) {
  json::array words;
  while (!text.empty()) {
    const auto comma = text.find(',');
    words.push_back(encoded_text(text.substr(0, comma)));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return words;
}

json::array texts_of(const std::vector<std::string>& list) {
  json::array texts;
  for (const auto& one : list) texts.push_back(encoded_text(one));
  return texts;
}

json::object kind_reference(std::string_view group, std::string_view version, std::string_view kind) {
  return {{"group", encoded_text(group)}, {"version", encoded_text(version)}, {"kind", encoded_text(kind)}};
}

// APIResourceList, of one group.
json::array resource_list(std::string_view group) {
  json::array list;
  for (const auto& resource : resources()) {
    if (resource.group != group) continue;
    json::object one{{"name", encoded_text(resource.plural)},
                     {"singularName", encoded_text(resource.singular)},
                     {"namespaced", false},
                     {"kind", encoded_text(resource.kind)},
                     {"verbs", texts_of(verbs_of(resource))}};
    if (!resource.short_names.empty()) one["shortNames"] = texts_between_commas(resource.short_names);
    if (!resource.categories.empty()) one["categories"] = texts_between_commas(resource.categories);
    list.push_back(std::move(one));
    for (const auto& sub : subresources_of(resource)) {
      json::object about{{"name", encoded_text(fmt::format("{}/{}", resource.plural, sub.name))},
                         {"singularName", ""},
                         {"namespaced", false},
                         {"kind", encoded_text(sub.kind)},
                         {"verbs", texts_of(sub.verbs)}};
      if (!sub.version.empty()) about["version"] = encoded_text(sub.version);
      if (!sub.group.empty()) about["group"] = encoded_text(sub.group);
      list.push_back(std::move(about));
    }
  }
  return list;
}

json::object group_version(const Group& group) {
  return {{"groupVersion", encoded_text(fmt::format("{}/{}", group.name, group.version))},
          {"version", encoded_text(group.version)}};
}

json::object api_group(const Group& group) {
  return {{"name", encoded_text(group.name)},
          {"versions", json::array{group_version(group)}},
          {"preferredVersion", group_version(group)}};
}

// The same of one group in the newer form, which tells all groups at once.
json::object aggregated_group(const Group& group) {
  json::array list;
  for (const auto& resource : resources()) {
    if (resource.group != group.name) continue;
    json::object one{{"resource", encoded_text(resource.plural)},
                     {"responseKind", kind_reference(resource.group, resource.version, resource.kind)},
                     {"scope", "Cluster"},
                     {"singularResource", encoded_text(resource.singular)},
                     {"verbs", texts_of(verbs_of(resource))}};
    if (!resource.short_names.empty()) one["shortNames"] = texts_between_commas(resource.short_names);
    if (!resource.categories.empty()) one["categories"] = texts_between_commas(resource.categories);
    json::array below;
    for (const auto& sub : subresources_of(resource)) {
      const bool is_own = sub.group.empty() && sub.version.empty();
      below.push_back(json::object{{"subresource", encoded_text(sub.name)},
                                   {"responseKind", is_own ? kind_reference(resource.group, resource.version, sub.kind)
                                                           : kind_reference(sub.group, sub.version, sub.kind)},
                                   {"verbs", texts_of(sub.verbs)}});
    }
    if (!below.empty()) one["subresources"] = std::move(below);
    list.push_back(std::move(one));
  }
  json::object metadata;
  if (!group.name.empty()) metadata["name"] = encoded_text(group.name);
  return {{"metadata", std::move(metadata)},
          {"versions",
           json::array{json::object{
               {"version", encoded_text(group.version)}, {"resources", std::move(list)}, {"freshness", "Current"}}}}};
}

Response answer_of(json::object object) {
  Response response;
  response.body = wire::json_text(object) + "\n";
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

// Of the core group, or of all others.
Response aggregated(std::string_view version, bool of_core) {
  json::array items;
  for (const auto& group : groups) {
    if (group.name.empty() == of_core) items.push_back(aggregated_group(group));
  }
  auto response = answer_of({{"kind", "APIGroupDiscoveryList"},
                             {"apiVersion", encoded_text(fmt::format("apidiscovery.k8s.io/{}", version))},
                             {"metadata", json::object{}},
                             {"items", std::move(items)}});
  response.content_type = fmt::format("application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList", version);
  return response;
}

Response resources_in(std::string_view group, std::string_view version) {
  return answer_of(
      {{"kind", "APIResourceList"},
       {"apiVersion", "v1"},
       {"groupVersion", encoded_text(group.empty() ? std::string{version} : fmt::format("{}/{}", group, version))},
       {"resources", resource_list(group)}});
}

}  // namespace

Answer get_core_versions(Services&, Request request) {
  if (const auto version = wanted_discovery(request.accept); !version.empty()) co_return aggregated(version, true);
  json::array addresses;
  addresses.push_back(json::object{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", encoded_text(request.host)}});
  json::object object{
      {"kind", "APIVersions"}, {"versions", json::array{"v1"}}, {"serverAddressByClientCIDRs", std::move(addresses)}};
  co_return answer_of(std::move(object));
}

Answer get_groups(Services&, Request request) {
  if (const auto version = wanted_discovery(request.accept); !version.empty()) co_return aggregated(version, false);
  json::array list;
  for (const auto& group : groups) {
    if (!group.name.empty()) list.push_back(api_group(group));
  }
  json::object object{{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(list)}};
  co_return answer_of(std::move(object));
}

Answer get_group(Services&, Request request) {
  const auto* group = group_named(request.segments.at(1));
  if (group == nullptr || group->name.empty()) co_return not_found("there is no such group: see /apis");
  json::object object{{"kind", "APIGroup"}, {"apiVersion", "v1"}};
  for (auto& [key, value] : api_group(*group)) object[key] = std::move(value);
  co_return answer_of(std::move(object));
}

Answer get_core_resources(Services&, Request) { co_return resources_in("", "v1"); }

Answer get_resources(Services&, Request request) {
  const auto* group = group_named(request.segments.at(1));
  if (group == nullptr || group->name.empty() || request.segments.at(2) != group->version) {
    co_return not_found("there is no such version of a group: see /apis");
  }
  co_return resources_in(group->name, group->version);
}

}  // namespace teal::api
