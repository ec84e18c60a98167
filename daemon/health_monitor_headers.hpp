// The headers that a health check sends, with values that may be secrets.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>

#include "controllers/ports/secrets.hpp"
#include "daemon/http/http_client.hpp"
#include "manifests/masking/mask.hpp"
#include "manifests/masking/secret.hpp"
#include "manifests/spec/application.hpp"

namespace teal::daemon {

struct GivenHeaders {
  masking::SecretEnvironment values;
  masking::Mask mask;  // of those that are nobody's business
};

// Of one target. What is read is kept for a minute, since a value may be what a program prints; for a quarter of that
// while checks fail, which a new value may fix. A value that can no longer be read is used on: a replica that serves
// is not given up for a file that is gone.
class HealthHeaders {
 public:
  // `secrets` may be null where every value stands in the manifest.
  HealthHeaders(spec::Environment wanted, ports::Secrets* secrets) : wanted_(std::move(wanted)), secrets_(secrets) {}

  // Errors name the header and its source.
  [[nodiscard]] boost::asio::awaitable<Result<std::shared_ptr<const GivenHeaders>>> read(bool failing);

 private:
  spec::Environment wanted_;
  ports::Secrets* secrets_;
  std::shared_ptr<const GivenHeaders> given_;
  std::chrono::steady_clock::time_point read_at_{};
};

// The request of a check; what it says of itself is said unless a header of its own says it.
[[nodiscard]] http::Request health_request(const spec::HealthCheck& check, const GivenHeaders& given);

// What came back without the secrets that were sent, which an application may repeat.
void mask_answer(http::Response& response, const masking::Mask& mask);

}  // namespace teal::daemon
