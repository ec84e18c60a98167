// Runs one coroutine of a test to its end on a loop, for at most a minute; what it throws fails the test.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace teal::test {

template <class T>
T await(boost::asio::io_context& loop, boost::asio::awaitable<T> task) {
  std::optional<T> value;
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T result) {
    failure = error;
    value.emplace(std::move(result));
  });
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  loop.restart();
  while (!value && std::chrono::steady_clock::now() < end && loop.run_one_until(end) != 0) continue;
  if (failure) std::rethrow_exception(failure);
  if (!value) throw std::runtime_error("the coroutine did not end");
  return std::move(*value);
}

}  // namespace teal::test
