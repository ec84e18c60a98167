// A client for the registry API (distribution spec v2), limited to what teald needs: digests of tags, manifests and
// small blobs, with basic or bearer-token authentication, over TLS as configured for the registry.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "controllers/ports/registry.hpp"
#include "daemon/drivers/registries/image_name.hpp"
#include "daemon/drivers/registries/registry_rule.hpp"
#include "daemon/http/http_client.hpp"

namespace teal::registries {

class RegistryClient {
 public:
  RegistryClient(boost::asio::any_io_executor executor, ImageName image, ports::RegistryLogin login,
                 std::optional<RegistryTls> tls);

  // "sha256:…". Errors: not_found (no such repository or tag), denied, unavailable, timed_out.
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> digest(std::string tag);
  // The manifest of a tag or digest. Errors: as digest.
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> manifest(std::string reference);
  // A blob of at most 1 MiB. Errors: as digest.
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> blob(std::string digest);

 private:
  boost::asio::awaitable<Result<http::Response>> get(std::string method, std::string path);
  boost::asio::awaitable<Result<std::string>> bearer(std::string challenge);
  [[nodiscard]] bool is_own(const std::string& url) const;  // at the registry itself
  [[nodiscard]] Error described(const http::Response& response, const std::string& path) const;
  boost::asio::awaitable<Result<http::Response>> send(std::string url, http::Request request, bool own);

  boost::asio::any_io_executor executor_;
  ImageName image_;
  ports::RegistryLogin login_;
  std::optional<RegistryTls> tls_;
  std::string api_;
  masking::Secret authorization_;  // of the last challenge
};

// The challenge of this scheme among those of all WWW-Authenticate headers, of which each may hold several; to the end
// of its header. Empty: there is none.
[[nodiscard]] std::string find_challenge(const http::Headers& headers, std::string_view scheme);

// The parameters of a WWW-Authenticate header: {"realm": …}. Empty for another scheme than `scheme`.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> challenge_parameters(std::string_view header,
                                                                                    std::string_view scheme);

}  // namespace teal::registries
