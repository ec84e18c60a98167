#include "daemon/drivers/notifications/webhook/delivery.hpp"

#include <fmt/format.h>

#include "daemon/runtime/build_info.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal::webhook {
namespace {

constexpr std::size_t largest_answer = 256 << 10;

notifications::DeliveryOutcome failed(bool again, std::string why) {
  notifications::DeliveryOutcome outcome;
  outcome.again = again;
  outcome.why = std::move(why);
  return outcome;
}

bool mends(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid:   // no HTTP, or an answer without end: it will not be another the next time
    case ErrorCode::internal:  // a bug of ours
      return false;
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::denied:  // a certificate that somebody will renew
    case ErrorCode::unavailable:
    case ErrorCode::timed_out:
    case ErrorCode::unhealthy:
    case ErrorCode::cancelled:
      return true;
  }
  return true;
}

}  // namespace

std::string signature_of(const masking::Secret& secret, std::string_view timestamp, std::string_view body) {
  return "sha256=" + hmac_sha256_hex(secret.reveal(), fmt::format("{}.{}", timestamp, body));
}

Result<WebhookAddress> parse_webhook_address(const masking::Secret& url) {
  auto parsed = http::parse_url(url.reveal());
  if (!parsed) {  // the parser's own words quote what it was given; these do not
    return Error{ErrorCode::invalid,
                 "the webhook's url is not one: expected https://host[:port]/path, percent-encoded, without "
                 "credentials or fragment"};
  }
  return WebhookAddress{std::move(parsed->endpoint), masking::Secret{std::move(parsed->target)}};
}

notifications::DeliveryOutcome outcome_of(const Result<http::Response>& answer, Time now) {
  if (!answer) return failed(mends(answer.error().code), answer.error().message);
  const int status = answer->status;
  notifications::DeliveryOutcome outcome;
  outcome.why = fmt::format("answered {}", status);
  if (status >= 200 && status < 300) {
    outcome.delivered = true;
  } else if (status >= 300 && status < 400) {
    outcome.why += ", a redirect, which is not followed";
  } else {
    outcome.again = status == 408 || status == 429 || status >= 500;
    outcome.retry_after = runtime::parse_retry_after(http::find_header(answer->headers, "Retry-After"), now);
  }
  return outcome;
}

boost::asio::awaitable<notifications::DeliveryOutcome> post(boost::asio::any_io_executor executor,
                                                            WebhookAddress address, WebhookPost what,
                                                            Duration deadline) {
  const auto where = http::to_string(address.endpoint);
  http::Request request;
  request.method = "POST";
  request.target = address.target.reveal();
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("User-Agent", fmt::format("teal/{}", runtime::build_version()));
  const auto timestamp =
      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(what.now.time_since_epoch()).count());
  request.headers.emplace_back("X-Teal-Timestamp", timestamp);
  if (what.secret) {
    request.headers.emplace_back("X-Teal-Signature", signature_of(*what.secret, timestamp, what.body));
  }
  request.headers.emplace_back("Connection", "close");
  request.body = std::move(what.body);
  // A client a try: they are hours apart, and the authorities are read again.
  http::Client client{executor, std::move(address.endpoint)};
  const auto answer = co_await client.request(std::move(request), deadline, largest_answer);
  auto outcome = outcome_of(answer, what.now);
  if (answer) outcome.why = where + " " + outcome.why;
  co_return outcome;
}

}  // namespace teal::webhook
