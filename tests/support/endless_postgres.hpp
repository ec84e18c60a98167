// A server that speaks enough of PostgreSQL's protocol to be believed, and then sends without end.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace teal::test {

class EndlessPostgres {
 public:
  enum class Sends {
    Rows,
    OneValue,         // of 771 MiB, as it says
    ImpossibleValue,  // of 2 GiB, as it says
    Columns,          // a description of 771 MiB
    Notices,
    OneError,    // of 771 MiB
    Errors,      // one after the other
    Parameters,  // another one each time
    Notifications,
    CopiedData,
    GreetingParameters,  // from here on instead of a connection
    GreetingNotices,
    GreetingError,
    Nothing,  // and says nothing
  };

  // On a port of the loopback; with a folder on the socket `.s.PGSQL.5432` in it.
  explicit EndlessPostgres(Sends what, const std::string& folder = {});
  ~EndlessPostgres();
  EndlessPostgres(const EndlessPostgres&) = delete;
  EndlessPostgres& operator=(const EndlessPostgres&) = delete;

  [[nodiscard]] int port() const { return port_; }
  // Bytes that were taken from it so far, by all connections. It stops at a gigabyte.
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

 private:
  void listen_in(const std::string& folder);
  void listen_on_loopback();
  void serve(const std::stop_token& stop);
  void answer(int socket, const std::stop_token& stop);
  void flood(int socket, const std::stop_token& stop);
  bool send(int socket, const std::string& bytes, const std::stop_token& stop);

  Sends what_;
  int listening_ = -1;
  int port_ = 0;
  std::atomic<std::uint64_t> sent_ = 0;
  std::jthread thread_;
};

}  // namespace teal::test
