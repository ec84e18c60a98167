#include "daemon/drivers/registries/aws/json_keys.hpp"

#include <fmt/format.h>

#include "daemon/drivers/registries/answer.hpp"
#include "manifests/foundation/parse_time.hpp"

namespace teal::aws {

Result<Keys> read_json_keys(std::string_view text, std::string_view token, const std::string& source) {
  const auto body = registries::parse_json(text, "the answer of " + source);
  if (!body) return body.error();
  Keys keys;
  keys.access_key = registries::text_of(*body, "AccessKeyId");
  keys.secret_key = masking::Secret{registries::text_of(*body, "SecretAccessKey")};
  keys.session_token = masking::Secret{registries::text_of(*body, token)};
  keys.source = source;
  for (const auto& [name, missing] : {std::pair{"AccessKeyId", keys.access_key.empty()},
                                      std::pair{"SecretAccessKey", keys.secret_key.reveal().empty()}}) {
    if (!missing) continue;
    // A role that may not be assumed is an answer like any other, which says so.
    const auto said =
        registries::presentable(registries::text_of(*body, "Message"), {keys.secret_key, keys.session_token});
    return Error{ErrorCode::unavailable,
                 fmt::format("the answer of {} holds no {}{}{}", source, name, said.empty() ? "" : ": ", said)};
  }
  if (const auto expires = registries::text_of(*body, "Expiration"); !expires.empty()) {
    const auto time = parse_time(expires);
    if (!time) return Error{ErrorCode::unavailable, fmt::format("the answer of {} has a bad Expiration", source)};
    keys.expires = *time;
  }
  return keys;
}

}  // namespace teal::aws
