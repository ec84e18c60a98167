// Request bodies, validated before use.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "daemon/api/message.hpp"
#include "daemon/api/services.hpp"
#include "manifests/spec/application.hpp"

namespace teal::api {

// One of the two is set.
template <class T>
struct Read {
  std::optional<T> value;
  std::optional<Response> refusal;
};

// JSON or YAML, by its content type. What the server itself adds to an object that was read before (status, uid, …) is
// left out again; a resourceVersion in it must be the current one. `name` is the one in the address.
[[nodiscard]] Read<spec::Application> read_application(const Services& services, const Request& request,
                                                       std::string name);
// The application with an RFC 7386 merge patch applied to it.
[[nodiscard]] Read<spec::Application> read_patched(const spec::Application& application, const Request& request);
// A JSON object, empty when there is no body.
[[nodiscard]] Read<boost::json::object> read_options(const Request& request);

}  // namespace teal::api
