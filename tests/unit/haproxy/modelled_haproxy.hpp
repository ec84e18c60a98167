// As much of a HAProxy as its driver talks to: servers, process-wide variables and the release it claims to be. It
// answers a line of commands as the real one does; the conformance suite holds the driver to a real one.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace teal::test {

class ModelledHaproxy {
 public:
  struct Server {
    std::string name;
    std::string address;
    std::string state = "maint";  // maint | drain | ready
    int sessions = 0;
    int connections = 0;
    int errors = 0;
    bool down = false;
  };

  explicit ModelledHaproxy(std::string version) : version_(std::move(version)) {}

  std::string answer(const std::string& line);

  [[nodiscard]] std::vector<Server>& servers() { return servers_; }
  [[nodiscard]] Server& server(const std::string& name);
  [[nodiscard]] std::map<std::string, std::string>& variables() { return variables_; }

 private:
  std::string command(const std::vector<std::string>& words);
  std::string set_server(const std::vector<std::string>& words);
  [[nodiscard]] std::string table_of_states() const;
  [[nodiscard]] std::string statistics() const;
  [[nodiscard]] std::string connections() const;

  std::string version_;
  std::vector<Server> servers_;
  std::map<std::string, std::string> variables_;
};

}  // namespace teal::test
