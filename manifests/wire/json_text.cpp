#include "manifests/wire/json_text.hpp"

#include <boost/json/serialize.hpp>

#include "manifests/foundation/text.hpp"

namespace teal::wire {

// JSON's own signs are ASCII, so this is the same as looking at each text in it.
std::string json_text(const boost::json::value& value) { return valid_utf8(boost::json::serialize(value)); }

std::string json_text(const boost::json::object& object) { return valid_utf8(boost::json::serialize(object)); }

}  // namespace teal::wire
