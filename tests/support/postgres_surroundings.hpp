// What may stand around the PostgreSQL of deploy/servers: a pooler before it, a standby behind it, and TLS. Each is
// real, and ends with its object.
#pragma once

#include <memory>
#include <string>

#include "tests/support/process.hpp"
#include "tests/support/servers.hpp"

namespace teal::test {

// pgbouncer before the server, for both of its users and every database.
class Pooler {
 public:
  // `mode`: session, transaction or statement. `more`: further lines of its [pgbouncer] section. Throws when it does
  // not answer.
  Pooler(Servers& servers, const std::string& mode, const std::string& more = "");

  [[nodiscard]] int port() const { return port_; }

 private:
  int port_;
  std::unique_ptr<Process> process_;
};

// A copy of the server as it is now, in recovery: with all of its databases, to be read only.
class Standby {
 public:
  explicit Standby(Servers& servers);

  [[nodiscard]] int port() const { return port_; }

 private:
  int port_;
  std::unique_ptr<Process> process_;
};

// The server offers TLS from now on until this object's end.
class Tls {
 public:
  explicit Tls(Servers& servers);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  [[nodiscard]] std::string authority() const { return folder_ + "/ca.pem"; }  // that has signed its certificate
  [[nodiscard]] std::string stranger() const { return folder_ + "/stranger.pem"; }

 private:
  void reload(const std::string& statements);

  Servers& servers_;
  std::string folder_;
};

}  // namespace teal::test
