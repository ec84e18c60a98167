#include "daemon/drivers/registries/aws/sigv4.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <vector>

#include "manifests/foundation/digest.hpp"

namespace teal::aws {
namespace {

// Every one of them can sign in the owner's name for a day.
masking::Secret hmac(const masking::Secret& key, std::string_view data) {
  return masking::Secret{hmac_sha256(key.reveal(), data)};
}

std::string canonical_query(std::string_view query) {
  std::vector<std::string> parameters;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    std::string one{query.substr(0, end)};
    if (one.find('=') == one.npos && !one.empty()) one += '=';
    if (!one.empty()) parameters.push_back(std::move(one));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  std::ranges::sort(parameters);
  return fmt::format("{}", fmt::join(parameters, "&"));
}

// Lower-case names; values trimmed, runs of spaces as one.
std::map<std::string, std::string> canonical_headers(const http::Headers& headers) {
  std::map<std::string, std::string> result;
  for (const auto& [name, value] : headers) {
    std::string key = name;
    std::ranges::transform(key, key.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    std::string text;
    for (const char c : value) {
      if (c != ' ' || (!text.empty() && text.back() != ' ')) text += c;
    }
    if (text.ends_with(' ')) text.pop_back();
    auto& stored = result[key];
    stored += (stored.empty() ? "" : ",") + text;
  }
  return result;
}

}  // namespace

void sign(http::Request& request, const std::string& host, const Keys& keys, const Scope& scope, Time now) {
  const auto date = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::floor<std::chrono::seconds>(now)));
  request.headers.emplace_back("Host", host);
  request.headers.emplace_back("X-Amz-Date", date);
  if (!keys.session_token.reveal().empty()) {
    request.headers.emplace_back("X-Amz-Security-Token", keys.session_token.reveal());
  }
  const auto headers = canonical_headers(request.headers);
  std::vector<std::string> names;
  std::string lines;
  for (const auto& [name, value] : headers) {
    names.push_back(name);
    lines += fmt::format("{}:{}\n", name, value);
  }
  const auto signed_headers = fmt::format("{}", fmt::join(names, ";"));
  const std::string_view target = request.target;
  const auto question = std::min(target.find('?'), target.size());
  const auto query = target.substr(std::min(question + 1, target.size()));
  const auto canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, target.substr(0, question),
                                     canonical_query(query), lines, signed_headers, sha256_hex(request.body));
  const auto day = date.substr(0, 8);
  const auto credential = fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const auto to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", date, credential, sha256_hex(canonical));
  const auto by_day = hmac(masking::Secret{"AWS4" + keys.secret_key.reveal()}, day);
  const auto by_service = hmac(hmac(by_day, scope.region), scope.service);
  const auto signature = hmac(hmac(by_service, "aws4_request"), to_sign);
  request.headers.emplace_back(
      "Authorization", fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}", keys.access_key,
                                   credential, signed_headers, hex(signature.reveal())));
}

}  // namespace teal::aws
