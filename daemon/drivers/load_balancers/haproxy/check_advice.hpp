// What a failed check of HAProxy's came to, and what would make it ask as teald does.
#pragma once

#include <string>
#include <string_view>

namespace teal::haproxy {

struct FailedCheck {
  std::string_view backend;
  std::string_view status;  // check_status of "show stat": "L7STS", "L4CON" …
  std::string_view code;    // check_code: the HTTP status
  std::string_view words;   // last_chk, of HAProxy itself
};

struct CheckAdvice {
  std::string failure;  // "HAProxy's check of backend shop_api gets 404"
  std::string remedy;   // "`http-check send uri` must ask the same path"
};

// Empty for a check that has not failed, or not been made yet.
[[nodiscard]] CheckAdvice advise(const FailedCheck& check);

}  // namespace teal::haproxy
