// Asks teald's REST API, synchronously: for tests.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>

#include "daemon/runtime/tls_files.hpp"

namespace teal::test {

struct RestAnswer {
  int status = 0;
  std::string text;
  boost::json::value body;  // null when the text is no JSON
};

class Rest {
 public:
  // As parse_endpoint takes it; throws when it is none. The token, if any, goes with each request.
  explicit Rest(const std::string& url, const std::string& token = "", runtime::TlsFiles tls = {});
  ~Rest();
  Rest(const Rest&) = delete;
  Rest& operator=(const Rest&) = delete;

  // None: nobody answers (within 5 s).
  [[nodiscard]] std::optional<RestAnswer> request(const std::string& method, const std::string& target,
                                                  const std::string& body = "");
  // The body of a GET that answers 200; null otherwise.
  [[nodiscard]] boost::json::value get(const std::string& target);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What stands at a JSON pointer as text, numbers included; empty when nothing does.
[[nodiscard]] std::string text_at(const boost::json::value& value, const std::string& pointer);
[[nodiscard]] std::int64_t number_at(const boost::json::value& value, const std::string& pointer);  // -1: none
// The entries of an array; empty when there is none.
[[nodiscard]] boost::json::array array_at(const boost::json::value& value, const std::string& pointer);

}  // namespace teal::test
