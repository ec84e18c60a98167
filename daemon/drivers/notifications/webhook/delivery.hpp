// One delivery attempt to a webhook, and the retry rules: no store, no state.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/drivers/notifications/channel.hpp"
#include "daemon/http/http_client.hpp"
#include "daemon/runtime/retry.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/masking/secret.hpp"

namespace teal::webhook {

// "sha256=<hex>": HMAC-SHA256 with the secret over "<timestamp>.<body>", the timestamp as X-Teal-Timestamp has it.
[[nodiscard]] std::string signature_of(const masking::Secret& secret, std::string_view timestamp,
                                       std::string_view body);

// An address, parted so that what may be secret (all after the host) stays out of every message.
struct WebhookAddress {
  http::Endpoint endpoint;  // without base: to_string(endpoint) may be shown
  masking::Secret target;   // path and query
};

// Errors: invalid; the message never holds the URL or a part of it.
[[nodiscard]] Result<WebhookAddress> parse_webhook_address(const masking::Secret& url);

// What the answer to a POST means. Redirects are not followed: the body would go where nobody configured it.
[[nodiscard]] notifications::DeliveryOutcome outcome_of(const Result<http::Response>& answer, Time now);

struct WebhookPost {
  std::string body;
  std::optional<masking::Secret> secret;
  Time now;
};

// Sends once. Nothing of the address but its host is in the outcome.
[[nodiscard]] boost::asio::awaitable<notifications::DeliveryOutcome> post(boost::asio::any_io_executor executor,
                                                                          WebhookAddress address, WebhookPost what,
                                                                          Duration deadline);

}  // namespace teal::webhook
