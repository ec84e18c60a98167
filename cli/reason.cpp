#include "cli/reason.hpp"

#include <fmt/format.h>

#include "daemon/http/http_client.hpp"
#include "manifests/foundation/percent.hpp"
#include "manifests/foundation/text.hpp"

namespace teal::cli {
namespace {

// What is wrong with it; empty: nothing.
std::string check(const std::string& reason) {
  if (reason.empty()) return "must not be empty";
  if (reason.size() > longest_reason) return fmt::format("must have at most {} bytes", longest_reason);
  for (std::string_view rest = reason; !rest.empty();) {
    const auto character = take_character(rest);
    if (!character.valid) return "must be UTF-8";
    if (character.point < 0x20 || (character.point >= 0x7F && character.point < 0xA0)) {
      return "must be one line without control characters";
    }
  }
  return {};
}

}  // namespace

std::shared_ptr<std::string> reason_option(CLI::App& options) {
  auto reason = std::make_shared<std::string>();
  options.add_option("--reason", *reason, "Reason, recorded in the audit with the change")->check(check);
  return reason;
}

std::string with_reason(std::string target, std::string_view reason) {
  if (reason.empty()) return target;
  target += target.find('?') == std::string::npos ? '?' : '&';
  return target + "reason=" + percent_encode(reason);
}

}  // namespace teal::cli
