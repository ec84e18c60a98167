// Serializes all JSON that leaves teald: to clients, to webhooks, into the store.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

namespace teal::wire {

// Always valid UTF-8, so that every reader can read it back: Boost writes texts as they are, and some come from outside
// (engines, databases, load balancers, containers). A byte that is none is replaced by U+FFFD.
[[nodiscard]] std::string json_text(const boost::json::value& value);
[[nodiscard]] std::string json_text(const boost::json::object& object);

}  // namespace teal::wire
