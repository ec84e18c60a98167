#include "daemon/drivers/registries/registry_client.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/drivers/registries/answer.hpp"
#include "daemon/drivers/registries/digest.hpp"
#include "manifests/foundation/digest.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::registries {

using boost::asio::awaitable;

namespace {

using namespace std::chrono_literals;

constexpr Duration registry_deadline = 10s;
constexpr std::size_t most_bytes = 1 << 20;
constexpr int most_redirects = 3;

constexpr std::string_view accepted =
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

std::string basic(const ports::RegistryLogin& login) {
  return "Basic " + encode_base64(login.username + ":" + login.password.reveal());
}

}  // namespace

std::string find_challenge(const http::Headers& headers, std::string_view scheme) {
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  const auto begins = [&](std::string_view text, std::string_view with) {
    return text.size() >= with.size() && std::equal(with.begin(), with.end(), text.begin(), same);
  };
  for (const auto& [name, value] : headers) {
    if (name.size() != std::string_view{"WWW-Authenticate"}.size() || !begins(name, "WWW-Authenticate")) continue;
    bool quoted = false;
    bool fresh = true;  // where a challenge may begin
    for (std::size_t at = 0; at < value.size(); ++at) {
      const auto rest = std::string_view{value}.substr(at);
      if (fresh && !quoted && begins(rest, scheme) && rest.size() > scheme.size() && rest[scheme.size()] == ' ')
        return std::string{rest};
      if (value[at] == '"') quoted = !quoted;
      fresh = value[at] == ',' || (fresh && value[at] == ' ');
    }
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> challenge_parameters(std::string_view header,
                                                                      std::string_view scheme) {
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  if (header.size() <= scheme.size() || !std::equal(scheme.begin(), scheme.end(), header.begin(), same)) return {};
  header.remove_prefix(scheme.size());
  std::vector<std::pair<std::string, std::string>> parameters;
  while (true) {
    const auto from = header.find_first_not_of(" ,");
    if (from == header.npos) return parameters;
    header.remove_prefix(from);
    const auto equals = header.find('=');
    if (equals == header.npos) return parameters;
    const std::string name{header.substr(0, equals)};
    header.remove_prefix(equals + 1);
    std::string value;
    if (header.starts_with('"')) {
      const auto end = std::min(header.find('"', 1), header.size());
      value = header.substr(1, end - 1);
      header.remove_prefix(std::min(end + 1, header.size()));
    } else {
      const auto end = std::min(header.find(','), header.size());
      value = header.substr(0, end);
      header.remove_prefix(end);
    }
    parameters.emplace_back(name, std::move(value));
  }
}

RegistryClient::RegistryClient(boost::asio::any_io_executor executor, ImageName image, ports::RegistryLogin login,
                               std::optional<RegistryTls> tls)
    : executor_(std::move(executor)),
      image_(std::move(image)),
      login_(std::move(login)),
      tls_(std::move(tls)),
      api_(api_url(image_.registry, tls_.has_value())) {}

bool RegistryClient::is_own(const std::string& url) const {
  const auto one = http::parse_url(url);
  const auto own = http::parse_url(api_);
  return one && own && one->endpoint == own->endpoint;
}

awaitable<Result<http::Response>> RegistryClient::send(std::string url, http::Request request, bool own) {
  auto parsed = http::parse_url(url);
  if (!parsed) co_return parsed.error();
  request.target = std::move(parsed->target);
  runtime::TlsFiles files;
  if (own && tls_) {
    files.authorities = tls_->ca.value_or("");
    files.certificate = tls_->certificate.value_or("");
    files.key = tls_->key.value_or("");
  }
  http::Client client{executor_, std::move(parsed->endpoint), std::move(files)};
  co_return co_await client.request(std::move(request), registry_deadline, most_bytes);
}

awaitable<Result<std::string>> RegistryClient::bearer(std::string challenge) {
  std::string realm;
  std::string query;
  for (const auto& [name, value] : challenge_parameters(challenge, "Bearer")) {
    if (name == "realm") realm = value;
    if (name == "service") query += "&service=" + percent_encode(value);
    if (name == "scope") query += "&scope=" + percent_encode(value);
  }
  if (query.find("scope=") == std::string::npos) {
    query += "&scope=" + percent_encode(fmt::format("repository:{}:pull", image_.repository));
  }
  const bool plain = realm.starts_with("http://") && api_.starts_with("http://");
  if (!realm.starts_with("https://") && !plain) {
    co_return Error{ErrorCode::unavailable,
                    fmt::format("registry {} names no https address for its tokens", image_.registry)};
  }
  http::Request request;
  auto url = realm;
  if (!login_.identity_token.reveal().empty()) {
    request.method = "POST";
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body =
        "grant_type=refresh_token&client_id=teald&refresh_token=" + percent_encode(login_.identity_token.reveal()) +
        query;
  } else {
    url += (realm.find('?') == std::string::npos ? '?' : '&') + query.substr(1);
    if (!login_.is_anonymous()) request.headers.emplace_back("Authorization", basic(login_));
  }
  const auto response = co_await send(url, std::move(request), is_own(realm));
  if (!response) co_return within("token of " + image_.registry, response.error());
  if (response->status != 200) co_return described(*response, "a token");
  const auto body = registries::parse_json(response->body, "the token of " + image_.registry);
  if (!body) co_return body.error();
  auto token = registries::text_of(*body, "token");
  if (token.empty()) token = registries::text_of(*body, "access_token");
  if (token.empty()) co_return Error{ErrorCode::unavailable, fmt::format("the token of {} is empty", image_.registry)};
  co_return token;
}

awaitable<Result<http::Response>> RegistryClient::get(std::string method, std::string path) {
  auto url = fmt::format("{}/v2/{}/{}", api_, image_.repository, path);
  bool own = true;
  bool challenged = false;
  for (int redirects = 0;;) {
    http::Request request;
    request.method = method;
    request.headers.emplace_back("Accept", std::string{accepted});
    if (own && !authorization_.reveal().empty()) request.headers.emplace_back("Authorization", authorization_.reveal());
    auto response = co_await send(url, std::move(request), own);
    if (!response) co_return response.error();
    if (response->status == 401 && own && !challenged) {
      challenged = true;
      const auto challenge = find_challenge(response->headers, "Bearer");
      if (!challenge_parameters(challenge, "Bearer").empty()) {
        const auto token = co_await bearer(challenge);
        if (!token) co_return token.error();
        authorization_ = masking::Secret{"Bearer " + *token};
        continue;
      }
      if (!login_.username.empty()) {
        authorization_ = masking::Secret{basic(login_)};
        continue;
      }
    }
    const std::string location{http::find_header(response->headers, "Location")};
    const bool redirected = response->status >= 301 && response->status <= 308 && !location.empty();
    if (!redirected || ++redirects > most_redirects) {
      if (response->status != 200) co_return described(*response, path);
      co_return response;
    }
    const auto next = http::resolve_url(url, location);
    if (!next) co_return within(fmt::format("registry {} redirects", image_.registry), next.error());
    url = *next;
    own = is_own(url);  // what the registry trusts us with is not for others
  }
}

Error RegistryClient::described(const http::Response& response, const std::string& path) const {
  auto text =
      fmt::format("registry {} answers {} for {} of {}", image_.registry, response.status, path, image_.repository);
  const auto said = registries::presentable(response.body, {login_.password, login_.identity_token, authorization_});
  if (!said.empty()) text += ": " + said;
  switch (response.status) {
    case 401:
    case 403:
      text += fmt::format("; {}: {}", login_.source, login_.advice);
      return {ErrorCode::denied, std::move(text)};
    case 404:
      return {ErrorCode::not_found, std::move(text)};
    default:
      return {ErrorCode::unavailable, std::move(text)};
  }
}

awaitable<Result<std::string>> RegistryClient::digest(std::string tag) {
  const auto response = co_await get("HEAD", "manifests/" + tag);
  if (!response) co_return response.error();
  const std::string digest{http::find_header(response->headers, "Docker-Content-Digest")};
  if (is_sha256_digest(digest)) co_return digest;
  const auto text = co_await manifest(std::move(tag));
  if (!text) co_return text.error();
  co_return sha256_digest(*text);
}

awaitable<Result<std::string>> RegistryClient::manifest(std::string reference) {
  auto response = co_await get("GET", "manifests/" + reference);
  if (!response) co_return response.error();
  co_return std::move(response->body);
}

awaitable<Result<std::string>> RegistryClient::blob(std::string digest) {
  auto response = co_await get("GET", "blobs/" + digest);
  if (!response) co_return response.error();
  if (sha256_digest(response->body) != digest) {
    co_return Error{ErrorCode::unavailable,
                    fmt::format("registry {} answers with other bytes than those of {}", image_.registry, digest)};
  }
  co_return std::move(response->body);
}

}  // namespace teal::registries
