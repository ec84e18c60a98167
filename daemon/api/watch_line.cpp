#include "daemon/api/watch_line.hpp"

#include "manifests/wire/json_text.hpp"

namespace teal::api {

std::string watch_line(std::string_view type, boost::json::object object) {
  boost::json::object out;
  out["type"] = type;
  out["object"] = std::move(object);
  return wire::json_text(out) + "\n";
}

namespace {

std::string bookmark(std::string_view kind, std::string_view group_version, boost::json::object metadata) {
  boost::json::object object;
  object["apiVersion"] = group_version;
  object["kind"] = kind;
  object["metadata"] = std::move(metadata);
  return watch_line("BOOKMARK", std::move(object));
}

}  // namespace

std::string bookmark_line(std::string_view kind, std::int64_t resource_version, std::string_view group_version) {
  return bookmark(kind, group_version, {{"resourceVersion", std::to_string(resource_version)}});
}

std::string end_of_beginning_line(std::string_view kind, std::int64_t resource_version,
                                  std::string_view group_version) {
  boost::json::object annotations{{"k8s.io/initial-events-end", "true"}};
  return bookmark(kind, group_version,
                  {{"resourceVersion", std::to_string(resource_version)}, {"annotations", std::move(annotations)}});
}

}  // namespace teal::api
