// A few threads for libraries that block (SQLite, libpqxx, file reads); results come back on the caller's executor.
// Must be destroyed before the callers' io_context, since one of its threads may still be waking that after the result
// is in use.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace teal::runtime {

class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads) : pool_(threads) {}
  ~BlockingPool() { pool_.join(); }

  // Runs `work` on a pool thread and resumes the caller with its result on the caller's own executor. `work` must own
  // what it uses. It cannot be cancelled once it runs; an exception that leaves it is rethrown in the caller.
  template <class Work>
  [[nodiscard]] boost::asio::awaitable<std::invoke_result_t<Work>> run(Work work) {
    using Value = std::invoke_result_t<Work>;
    auto home = co_await boost::asio::this_coro::executor;
    std::exception_ptr failure;
    std::optional<Value> value;
    // Both locals outlive the work: this frame stays suspended until the completion is posted home.
    auto initiate = [this, home, &failure, &value, work = std::move(work)](auto handler) mutable {
      boost::asio::post(pool_,
                        [home, &failure, &value, work = std::move(work), handler = std::move(handler)]() mutable {
                          try {
                            value.emplace(work());
                          } catch (...) {
                            failure = std::current_exception();
                          }
                          boost::asio::post(home, [handler = std::move(handler)]() mutable { std::move(handler)(); });
                        });
    };
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(std::move(initiate),
                                                                                       boost::asio::use_awaitable);
    if (failure) std::rethrow_exception(failure);
    co_return std::move(*value);
  }

 private:
  boost::asio::thread_pool pool_;
};

}  // namespace teal::runtime
