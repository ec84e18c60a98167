// HAProxy's Runtime API as teald asks for it: backends with servers that can be added, moved, drained and taken out,
// variables, and a check of each server that is switched on. Nothing is proxied, so no server ever has a session. A
// server is checked every 50 ms until it has passed, and then not again until it is moved, taken out or called down:
// twenty thousand checks every two seconds would be measured with the rest.
//
// Texts are those of 2.6.12, which the conformance suite compares with a real one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace teal::test::stand_in {

struct BackendServer {
  enum class Admin { Ready, Drain, Maintenance };
  std::string name;
  std::string host;
  int port = 0;
  int number = 0;
  Admin admin = Admin::Maintenance;
  bool is_checked = false;
  bool has_passed = false;
  bool is_up = false;
  std::string check = "INI";
  int weight = 1;
  std::uint64_t turn = 0;  // of its checks: an older one says nothing any more
};

class Runtime {
 public:
  // A backend exists once it is asked for, if `has_backend` says so.
  Runtime(boost::asio::any_io_executor executor, std::function<bool(const std::string&)> has_backend,
          std::string check_path);

  // To one line, which may hold several commands.
  [[nodiscard]] std::string answer(std::string_view line);
  [[nodiscard]] long commands() const { return commands_; }

 private:
  struct Backend {
    int number = 0;
    int made = 0;
    std::vector<std::shared_ptr<BackendServer>> servers;
  };
  using Words = std::vector<std::string>;

  std::string run(const std::string& command);
  std::string show(const Words& words);
  std::string show_state(const std::string& name);
  std::string show_stat(const std::string& name, const std::string& kinds);
  std::string show_connections(const std::string& name);
  std::string info() const;
  std::string variable(const Words& words, const std::string& command);
  std::string add(const Words& words);
  std::string remove(const Words& words);
  std::string set_server(const Words& words);
  std::string move(BackendServer& server, const Words& words);
  void switch_to(const std::shared_ptr<BackendServer>& server, BackendServer::Admin admin);
  void check(const std::shared_ptr<BackendServer>& server);
  boost::asio::awaitable<void> check_until_passed(std::shared_ptr<BackendServer> server, std::uint64_t turn);
  Backend* find(const std::string& name);
  // Of "backend/server"; null, and then what HAProxy says to it.
  std::shared_ptr<BackendServer> server_of(const std::string& where, std::string& refusal);

  boost::asio::any_io_executor executor_;
  std::function<bool(const std::string&)> has_backend_;
  std::string check_path_;
  std::unordered_map<std::string, Backend> backends_;
  std::unordered_map<std::string, std::string> variables_;
  std::int64_t began_;
  long commands_ = 0;
};

}  // namespace teal::test::stand_in
