#include "daemon/drivers/registries/aws/refusal.hpp"

#include <fmt/format.h>

#include <array>

#include "daemon/drivers/registries/answer.hpp"
#include "manifests/foundation/parse_time.hpp"

namespace teal::aws {
namespace {

using namespace std::chrono_literals;

constexpr Duration bearable_skew = 4min;  // AWS bears 5

std::string clock_hint(const http::Response& response, Time now) {
  const auto theirs = parse_http_time(http::find_header(response.headers, "Date"));
  if (!theirs) return {};
  const Duration off = now - *theirs;
  if (std::chrono::abs(off) < bearable_skew) return {};
  return fmt::format("this machine's clock is {} {} AWS': set it (timedatectl set-ntp true)",
                     format_duration(std::chrono::round<std::chrono::minutes>(std::chrono::abs(off))),
                     off.count() > 0 ? "ahead of" : "behind");
}

bool is_any(std::string_view code, std::initializer_list<std::string_view> codes) {
  for (const auto one : codes) {
    if (code == one || code == std::string{one} + "Exception") return true;
  }
  return false;
}

std::string advice(const Refusal& refusal, const std::string& action, const std::string& region) {
  if (refusal.message.find("valid region") != std::string::npos) {
    return fmt::format("region {} is not the endpoint's: mend region in teald.yaml", region);
  }
  if (is_any(refusal.code, {"UnrecognizedClient", "InvalidClientTokenId", "InvalidAccessKeyId"})) {
    return "AWS does not know this access key: check it, and that it is active";
  }
  if (is_any(refusal.code, {"InvalidSignature", "SignatureDoesNotMatch", "IncompleteSignature"})) {
    return "the secret key does not belong to the access key: check both";
  }
  if (is_any(refusal.code, {"ExpiredToken", "RequestExpired"})) return "the session has expired: renew it";
  if (is_any(refusal.code, {"AccessDenied", "UnauthorizedOperation", "AccessDeniedForDependency"})) {
    return fmt::format("allow {} in its IAM policy", action);
  }
  if (is_any(refusal.code, {"InvalidIdentityToken", "IDPRejectedClaim"})) {
    return "the identity token is not accepted: check the role's trust policy";
  }
  return {};
}

}  // namespace

std::string xml_text(std::string_view xml, std::string_view name) {
  const auto open = fmt::format("<{}>", name);
  const auto from = xml.find(open);
  if (from == xml.npos) return {};
  const auto end = xml.find(fmt::format("</{}>", name), from);
  if (end == xml.npos) return {};
  std::string text{xml.substr(from + open.size(), end - from - open.size())};
  static constexpr std::array<std::pair<std::string_view, char>, 5> entities{
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
  for (const auto& [entity, character] : entities) {
    for (auto at = text.find(entity); at != text.npos; at = text.find(entity, at + 1)) {
      text.replace(at, entity.size(), 1, character);
    }
  }
  return text;
}

Refusal read_refusal(const http::Response& response) {
  Refusal refusal;
  if (const auto body = registries::parse_json(response.body, "")) {
    refusal.code = registries::text_of(*body, "__type");
    if (refusal.code.empty()) refusal.code = registries::text_of(*body, "code");
    refusal.code = refusal.code.substr(refusal.code.find('#') + 1);
    refusal.message = registries::text_of(*body, "message");
    if (refusal.message.empty()) refusal.message = registries::text_of(*body, "Message");
  } else {
    refusal.code = xml_text(response.body, "Code");
    refusal.message = xml_text(response.body, "Message");
  }
  if (refusal.code.empty()) refusal.code = fmt::format("HTTP {}", response.status);
  return refusal;
}

Error refused(const http::Response& response, const Keys& keys, const std::string& action, const std::string& region,
              Time now) {
  const auto refusal = read_refusal(response);
  const auto code = registries::presentable(refusal.code, {});
  const auto message = registries::presentable(refusal.message, {keys.secret_key, keys.session_token});
  auto text = fmt::format("AWS refuses {} with the credentials of {}: {}", action, keys.source, code);
  if (!message.empty()) text += ": " + message;
  auto hint = clock_hint(response, now);
  if (hint.empty()) hint = advice(refusal, action, region);
  if (!hint.empty()) text += "; " + hint;
  const bool theirs = response.status >= 500 || response.status == 429 || is_any(refusal.code, {"Throttling"});
  return {theirs ? ErrorCode::unavailable : ErrorCode::denied, std::move(text)};
}

}  // namespace teal::aws
