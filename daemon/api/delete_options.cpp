#include "daemon/api/delete_options.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string_view>

#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;
using Problem = std::optional<std::string>;

Problem take_dry_run(const json::value& value, DeleteOptions& out) {
  const auto* stages = value.if_array();
  if (stages == nullptr) return R"(dryRun must be a list: ["All"])";
  for (const auto& stage : *stages) {
    if (!stage.is_string() || stage.get_string() != "All") return R"(dryRun knows nothing but "All")";
    out.dry_run = true;
  }
  return std::nullopt;
}

Problem take_preconditions(const json::value& value, DeleteOptions& out) {
  const auto* preconditions = value.if_object();
  if (preconditions == nullptr) return "preconditions must be an object with uid and resourceVersion";
  for (const auto& member : *preconditions) {
    if (member.value().is_null()) continue;
    const bool known = member.key() == "uid" || member.key() == "resourceVersion";
    if (!known)
      return fmt::format("preconditions.{} is not known; known are uid, resourceVersion", std::string{member.key()});
    const auto* text = member.value().if_string();
    if (text == nullptr || text->empty())
      return fmt::format("preconditions.{} must be text", std::string{member.key()});
    (member.key() == "uid" ? out.uid : out.resource_version).assign(text->data(), text->size());
  }
  return std::nullopt;
}

Problem check_propagation(std::string_view policy) {
  if (policy == "Background" || policy == "Foreground") return std::nullopt;
  if (policy == "Orphan") {
    return "propagationPolicy Orphan is not supported: an application's containers and servers go with it; nothing was "
           "deleted";
  }
  return "propagationPolicy must be Background or Foreground";
}

Problem take(std::string_view key, const json::value& value, DeleteOptions& out) {
  if (key == "dryRun") return take_dry_run(value, out);
  if (key == "preconditions") return take_preconditions(value, out);
  if (key == "propagationPolicy")
    return check_propagation(value.is_string() ? std::string_view{value.get_string()} : "");
  if (key == "orphanDependents") {
    return value.is_bool() && !value.get_bool() ? std::nullopt : check_propagation("Orphan");
  }
  // How long a replica has to stop is its component's stop.grace, as with Kubernetes' own resources of other kinds.
  if (key == "gracePeriodSeconds") {
    const bool whole = value.is_int64() && value.get_int64() >= 0;
    return whole ? std::nullopt : Problem{"gracePeriodSeconds must be a whole number from 0"};
  }
  if (key == "apiVersion") return value.is_string() ? std::nullopt : Problem{"apiVersion must be text"};
  if (key == "kind") {
    if (value.is_string() && value.get_string() == "DeleteOptions") return std::nullopt;
    return "the body of a DELETE is of kind DeleteOptions";
  }
  return fmt::format(
      "the key {} is not known in DeleteOptions; known are dryRun, preconditions, propagationPolicy, "
      "gracePeriodSeconds; "
      "nothing was deleted",
      key);
}

}  // namespace

Read<DeleteOptions> read_delete_options(const Request& request) {
  DeleteOptions options;
  const auto dry = dry_run_parameter(request);
  if (!dry) return {{}, bad_request(dry.error().message)};
  if (const auto policy = text_parameter(request, "propagationPolicy"); !policy.empty()) {
    if (const auto problem = check_propagation(policy)) return {{}, bad_request(*problem)};
  }
  auto body = read_options(request);
  if (!body.value) return {{}, std::move(body.refusal)};
  for (const auto& member : *body.value) {
    if (member.value().is_null()) continue;
    const std::string_view key{member.key().data(), member.key().size()};
    if (const auto problem = take(key, member.value(), options)) return {{}, bad_request(*problem)};
  }
  options.dry_run = options.dry_run || *dry;
  return {std::move(options), {}};
}

}  // namespace teal::api
