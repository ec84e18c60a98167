// Reads an engine's JSON responses defensively: a key that is missing or of another type reads as empty.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/http/http_client.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::docker {

class Field {
 public:
  explicit Field(const boost::json::value* value) : value_(value) {}
  explicit Field(const boost::json::value& value) : value_(&value) {}

  [[nodiscard]] Field operator[](std::string_view key) const;
  [[nodiscard]] std::optional<std::string> text() const;
  [[nodiscard]] std::optional<std::int64_t> number() const;
  // A text that is a whole number from 0 on, as in labels and ports.
  [[nodiscard]] std::optional<int> whole_number() const;
  [[nodiscard]] bool is_true() const;
  [[nodiscard]] bool is_false() const;
  [[nodiscard]] const boost::json::object* object() const;
  [[nodiscard]] const boost::json::array* list() const;

 private:
  const boost::json::value* value_;
};

// Errors: unavailable, since an engine that answers nonsense condemns no request.
[[nodiscard]] Result<boost::json::value> parse_json(std::string_view text);
[[nodiscard]] Error malformed_answer(std::string_view what);

// {"message": …} of an answer that is no success, else the beginning of its body.
[[nodiscard]] std::string message_of(const http::Response& response);
// The code by the answer's status and words, with the engine's own message.
[[nodiscard]] Error refusal(const http::Response& response);
// The same for an error that stands in a pull's stream, or that a pull was answered with.
[[nodiscard]] Error pull_failure(std::string message);
// The same for a start: what cannot ever run is invalid.
[[nodiscard]] Error start_failure(const http::Response& response);

}  // namespace teal::docker
