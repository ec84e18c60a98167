#include "manifests/wire/json.hpp"

#include "manifests/wire/application.hpp"
#include "manifests/wire/decode_application.hpp"
#include "manifests/wire/encode.hpp"

namespace teal::wire {

namespace json = boost::json;

json::object to_json(const spec::ApplicationSpec& spec) { return wire::encode(spec); }

json::object to_json(const spec::Application& application) { return wire::encode(application); }

json::value encoded(const spec::Application& application) { return to_json(application); }

}  // namespace teal::wire
