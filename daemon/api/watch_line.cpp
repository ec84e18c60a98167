#include "daemon/api/watch_line.hpp"

#include "manifests/wire/json_text.hpp"

namespace teal::api {

std::string watch_line(std::string_view type, boost::json::object object) {
  boost::json::object out;
  out["type"] = type;
  out["object"] = std::move(object);
  return wire::json_text(out) + "\n";
}

std::string bookmark_line(std::string_view kind, std::int64_t resource_version) {
  boost::json::object metadata;
  metadata["resourceVersion"] = std::to_string(resource_version);
  boost::json::object object;
  object["apiVersion"] = "teal/v1";
  object["kind"] = kind;
  object["metadata"] = std::move(metadata);
  return watch_line("BOOKMARK", std::move(object));
}

}  // namespace teal::api
