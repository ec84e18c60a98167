// A private registry with Amazon ECR's way of logging in: Debian's docker-registry behind a gate that lets those in who
// bring the password of ECR's newest token, and the double of AWS that hands such tokens out.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "daemon/http/http_client.hpp"
#include "daemon/wall_clock.hpp"
#include "tests/support/aws_double.hpp"
#include "tests/support/process.hpp"

namespace teal::test {

class EcrRegistry {
 public:
  explicit EcrRegistry(const std::string& folder);
  ~EcrRegistry();
  EcrRegistry(const EcrRegistry&) = delete;
  EcrRegistry& operator=(const EcrRegistry&) = delete;

  // host:port of the gate; and of the registry itself, for pushing without a password.
  [[nodiscard]] std::string host() const;
  [[nodiscard]] std::string behind() const { return behind_; }
  [[nodiscard]] std::string aws_url();

  // Runs on the double's own thread.
  void with(const std::function<void(AwsDouble&)>& work);

  std::atomic<int> cuts{0};                  // so many of the next blobs over 1 MB break off in the middle
  std::atomic<int> good_for{-1};             // the password is good for so many more requests; -1: for any number
  std::atomic<int> refused{0};               // requests with a password that was not good
  std::atomic<bool> renews_at_login{false};  // the next token has a new password, good for any number

 private:
  boost::asio::awaitable<Said> gate(Asked asked);

  std::string folder_;
  std::string behind_;
  daemon::WallClock clock_;
  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};
  std::unique_ptr<AwsDouble> aws_;
  std::unique_ptr<HandlerServer> gate_;
  std::unique_ptr<Process> registry_;
  std::thread thread_;
};

}  // namespace teal::test
