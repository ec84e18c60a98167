// A stand-in for a Docker engine that has nothing: what teald itself costs, without an engine's own time.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

namespace teal::test {

class EmptyEngine {
 public:
  explicit EmptyEngine(const std::string& socket);
  ~EmptyEngine();
  EmptyEngine(const EmptyEngine&) = delete;
  EmptyEngine& operator=(const EmptyEngine&) = delete;

  [[nodiscard]] long asked() const { return asked_; }  // requests so far

 private:
  boost::asio::io_context loop_{1};
  std::atomic<long> asked_ = 0;
  std::thread thread_;
};

}  // namespace teal::test
