#include "daemon/health_monitor_headers.hpp"

#include <fmt/format.h>

#include "manifests/spec/text_rules.hpp"

namespace teal::daemon {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

constexpr auto kept_for = 60s;
constexpr auto kept_while_failing = 15s;

awaitable<Result<std::shared_ptr<const GivenHeaders>>> read_header_values(spec::Environment wanted,
                                                                          ports::Secrets* secrets) {
  auto given = std::make_shared<GivenHeaders>();
  std::vector<masking::Secret> hidden;
  for (const auto& [name, source] : wanted) {
    masking::Secret value;
    if (source.kind == spec::ValueSource::Kind::Literal) {
      value = masking::Secret{source.text};
    } else {
      auto found = co_await secrets->read(source);
      if (!found) co_return within(fmt::format("health.headers.{}", name), found.error());
      value = std::move(*found);
    }
    if (source.kind != spec::ValueSource::Kind::Literal || spec::is_secret_header(name)) hidden.push_back(value);
    given->values.emplace_back(name, std::move(value));
  }
  given->mask = masking::Mask{hidden};
  co_return std::shared_ptr<const GivenHeaders>{std::move(given)};
}

}  // namespace

awaitable<Result<std::shared_ptr<const GivenHeaders>>> HealthHeaders::read(bool failing) {
  const auto now = std::chrono::steady_clock::now();
  if (given_ && now - read_at_ < (failing ? kept_while_failing : kept_for)) co_return given_;
  auto read = co_await read_header_values(wanted_, secrets_);
  if (!read && !given_) co_return read.error();
  if (read) given_ = std::move(*read);
  read_at_ = now;
  co_return given_;
}

http::Request health_request(const spec::HealthCheck& check, const GivenHeaders& given) {
  http::Request request;
  request.target = check.path;
  for (const auto& [name, value] : given.values) request.headers.emplace_back(name, value.reveal());
  const auto add = [&](const char* name, const char* value) {
    if (http::find_header(request.headers, name).empty()) request.headers.emplace_back(name, value);
  };
  add("User-Agent", "teal");
  add("Connection", "close");
  return request;
}

void mask_answer(http::Response& response, const masking::Mask& mask) {
  if (mask.empty()) return;
  response.body = masked(response.body, mask);
  for (auto& [name, value] : response.headers) value = masked(value, mask);
}

}  // namespace teal::daemon
