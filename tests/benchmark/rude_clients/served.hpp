// The API of a teald with many applications that change all the time, in a process of its own.
#pragma once

#include <sys/types.h>
#include <string>

namespace teal::benchmark {

class Served {
 public:
  // In a folder of its own; one application changes every 50 ms. Throws std::runtime_error when it does not start.
  explicit Served(int applications);
  ~Served();
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  [[nodiscard]] const std::string& socket() const { return socket_; }
  [[nodiscard]] int port() const { return port_; }
  // What it holds in memory, at this moment and at most until now, in MiB.
  [[nodiscard]] double resident() const;
  [[nodiscard]] double most_resident() const;

 private:
  [[nodiscard]] double memory(const std::string& field) const;

  std::string folder_;
  std::string socket_;
  int port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace teal::benchmark
