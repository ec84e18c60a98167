// Who requests a change, and how they authenticated: for the audit (O6).
#pragma once

#include <fmt/format.h>

#include <string>

namespace teal::records {

struct Requester {
  Requester() = default;
  Requester(const char* its_name) : name(its_name) {}  // who proved nothing more than a name

  std::string name;  // "root", "ci" (a token), "ops" (a certificate's common name); "anonymous": nobody proved anything
  std::string proof;   // "unix peer", "token", "client certificate"; empty: none
  std::string from;    // where the request came from: "unix:/run/teal/teal.sock", "10.1.2.3:40122"
  std::string method;  // "POST"
  std::string path;    // "/apis/teal/v1/applications/shop/retry", without its query
  std::string reason;  // why, in their own words; empty when they gave none

  bool operator==(const Requester&) const = default;
};

// For events and records: "ci (token, 10.1.2.3:40122)".
[[nodiscard]] inline std::string to_string(const Requester& who) {
  std::string text = who.name;
  if (!who.proof.empty()) text += fmt::format(" ({}, {})", who.proof, who.from);
  if (!who.reason.empty()) text += fmt::format(", because: {}", who.reason);
  return text;
}

}  // namespace teal::records
