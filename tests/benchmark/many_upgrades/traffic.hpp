// Requests through a load balancer to many applications by turns, each client one after the other over a connection
// that stays open, until it is told to stop.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace teal::benchmark {

struct Sent {
  long requests = 0;
  long failed = 0;                         // without an answer, or with another status than 200
  std::map<std::string, long> failures;    // by what came instead
  std::map<std::string, long> by_version;  // of those that were answered
};

class Traffic {
 public:
  // `targets`: of http://127.0.0.1:port, each answered with its version. `pause`: ms between two requests of a client.
  Traffic(int port, std::vector<std::string> targets, int clients, int pause);
  ~Traffic() { (void)stop(); }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  const Sent& stop();

 private:
  void send(int port, std::size_t first, int pause);

  std::vector<std::string> targets_;
  std::atomic<bool> over_ = false;
  std::mutex mutex_;
  Sent sent_;
  std::vector<std::thread> clients_;
};

}  // namespace teal::benchmark
