// The one namespace that clients of Kubernetes expect there to be. Nothing is in it but the events, as those of
// cluster-scoped objects are in Kubernetes.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "daemon/api/handlers.hpp"
#include "daemon/api/status_object.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

boost::json::object default_namespace() {
  return {{"kind", "Namespace"},
          {"apiVersion", "v1"},
          {"metadata", boost::json::object{{"name", "default"}, {"uid", "default"}, {"resourceVersion", "1"}}},
          {"spec", boost::json::object{}},
          {"status", boost::json::object{{"phase", "Active"}}}};
}

Response json_answer(const boost::json::object& object) {
  Response response;
  response.body = wire::json_text(object) + "\n";
  return response;
}

}  // namespace

Answer list_namespaces(Services&, Request) {
  co_return json_answer({{"kind", "NamespaceList"},
                         {"apiVersion", "v1"},
                         {"metadata", boost::json::object{{"resourceVersion", "1"}}},
                         {"items", boost::json::array{default_namespace()}}});
}

Answer get_namespace(Services&, Request request) {
  const auto& name = request.segments.at(3);
  if (name != "default") co_return no_such({"", "namespaces", name}, "there is one namespace only: default");
  co_return json_answer(default_namespace());
}

}  // namespace teal::api
