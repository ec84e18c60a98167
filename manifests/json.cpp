#include "manifests/json.hpp"

#include "manifests/wire/application.hpp"
#include "manifests/wire/decode_application.hpp"
#include "manifests/wire/encode.hpp"

namespace teal {

namespace json = boost::json;

json::object to_json(const ApplicationSpec& spec) { return wire::encode(spec); }

json::object to_json(const Application& application) { return wire::encode(application); }

json::value encoded(const Application& application) { return to_json(application); }

}  // namespace teal
