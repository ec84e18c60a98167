// Measures one call to a dependency of teald: duration and outcome, whatever the adapter.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string_view>
#include <utility>

#include "controllers/ports/telemetry.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::runtime {

template <class T>
[[nodiscard]] std::string_view outcome_word(const Result<T>& result) {
  return result ? "ok" : to_string(result.error().code);
}

// `call` is not begun yet. `dependency` and `operation` are literals; `telemetry` may be null and outlives the call.
// `word` says how the call ended, where a result is more than success or error.
template <class T>
[[nodiscard]] boost::asio::awaitable<Result<T>> measured(ports::Telemetry* telemetry, std::string_view dependency,
                                                         std::string_view operation,
                                                         boost::asio::awaitable<Result<T>> call,
                                                         std::string_view (*word)(const Result<T>&) = outcome_word<T>) {
  const auto begun = std::chrono::steady_clock::now();
  auto result = co_await std::move(call);
  if (telemetry != nullptr) {
    telemetry->dependency(dependency, operation, word(result), std::chrono::steady_clock::now() - begun);
  }
  co_return result;
}

}  // namespace teal::runtime
