// Clients of a load balancer, each on a thread of its own: new and kept connections, quick and slow requests.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace teal::test {

class Clients {
 public:
  Clients(const std::string& url, int count);
  ~Clients();
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  // Ends them and returns when their requests are over.
  void stop();
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  // How often what went wrong.
  [[nodiscard]] std::map<std::string, std::uint64_t> errors() const;

 private:
  void run(const std::string& url, int number);

  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> failed_{0};
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> errors_;
  std::vector<std::thread> threads_;
};

}  // namespace teal::test
