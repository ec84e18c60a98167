// Clients of an HTTP server that are slow, hung or rude, and stay so: whoever is cut off comes again.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace teal::test {

class HungClients {
 public:
  // An equal part each: headers that trickle in, half a body, answers, lists and watches that nobody reads, logs that
  // are followed, garbage, and TLS where none is spoken. To 127.0.0.1, from so many addresses (127.0.0.1, 127.0.0.2 …).
  // Returns when all have connected once; throws std::runtime_error when they cannot.
  HungClients(int port, std::size_t count, std::size_t addresses = 1);
  ~HungClients();
  HungClients(const HungClients&) = delete;
  HungClients& operator=(const HungClients&) = delete;

  // How often a client was cut off and came again.
  [[nodiscard]] std::size_t returned() const { return returned_; }

 private:
  struct Client {
    int socket = -1;
    std::size_t kind = 0;
    std::size_t address = 0;
  };
  void connect(Client& client) const;
  void keep_on();
  [[nodiscard]] static bool trickle(const Client& client);

  int port_;
  std::vector<Client> clients_;
  std::atomic<bool> done_ = false;
  std::atomic<std::size_t> returned_ = 0;
  std::thread thread_;
};

}  // namespace teal::test
