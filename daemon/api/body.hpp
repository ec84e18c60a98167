// Request bodies, validated before use.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

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

// What becomes of keys that an Application does not have: `fieldValidation`.
enum class UnknownKeys { Refused, Told, Dropped };

// An application that somebody wants, and what to tell them about how they said it.
struct Submitted {
  spec::Application application;
  std::vector<std::string> warnings{};
};

// JSON or YAML, by its content type. What the server itself adds to an object that was read before (status, uid, …) is
// left out again; a resourceVersion or uid in it must be the current one. `name` is the one in the address; empty: any,
// or one that begins with its metadata.generateName.
[[nodiscard]] Read<Submitted> read_application(const Services& services, const Request& request, std::string name);
// The application with a merge patch (RFC 7386) or a JSON patch (RFC 6902) applied to it, by its content type.
[[nodiscard]] Read<Submitted> read_patched(const status::SharedView& view, const Request& request);
// Server-side apply: what `fieldManager` has to say of it, merged with what others manage. `view` is null where there
// is none yet.
[[nodiscard]] Read<Submitted> read_applied(const status::SharedView& view, const Request& request,
                                           const std::string& name);
// Whether it is an apply patch, which may create.
[[nodiscard]] bool is_apply(const Request& request);

// Puts on record which fields of it `fieldManager` has written; nothing where nobody has ever said who manages what.
void note_manager(const status::SharedView& view, const Request& request, spec::Application& application);

// A JSON object, empty when there is no body.
[[nodiscard]] Read<boost::json::object> read_options(const Request& request);
// A JSON document that is not an Application, patched as above where it is a patch.
[[nodiscard]] Read<boost::json::object> read_changed(boost::json::object before, const Request& request);

}  // namespace teal::api
