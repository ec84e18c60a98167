#include "tests/unit/haproxy/modelled_haproxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace teal::test {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream{text};
  for (std::string part; std::getline(stream, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

std::string after_slash(const std::string& where) { return where.substr(where.find('/') + 1); }

}  // namespace

ModelledHaproxy::Server& ModelledHaproxy::server(const std::string& name) {
  const auto found = std::ranges::find(servers_, name, &Server::name);
  if (found == servers_.end()) throw std::runtime_error("no server " + name);
  return *found;
}

std::string ModelledHaproxy::answer(const std::string& line) {
  std::string text;
  for (const auto& one : split(line, ';')) text += command(split(one, ' ')) + "\n";
  return text;
}

std::string ModelledHaproxy::command(const std::vector<std::string>& words) {
  const auto begins = [&](const std::string& text) {
    const auto wanted = split(text, ' ');
    return words.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), words.begin());
  };
  if (begins("show info")) return "Name: HAProxy\nVersion: " + version_ + "\nPid: 7\n";
  if (begins("show servers state")) return table_of_states();
  if (begins("show servers conn")) return connections();
  if (begins("show stat")) return statistics();
  if (begins("set server")) return set_server(words);
  if (begins("set var")) {
    variables_[words.at(2)] = words.at(4);
    return "";
  }
  if (begins("get var")) {
    const auto found = variables_.find(words.at(2));
    if (found == variables_.end()) return "Variable not found.";
    return fmt::format("{}: type=str value=<{}>", found->first, found->second);
  }
  if (begins("add server")) {
    servers_.push_back({after_slash(words.at(2)), words.at(3)});
    return "New server registered.\n";
  }
  if (begins("del server")) {
    std::erase_if(servers_, [&](const Server& one) { return one.name == after_slash(words.at(2)); });
    return "Server deleted.\n";
  }
  return "";
}

std::string ModelledHaproxy::set_server(const std::vector<std::string>& words) {
  const auto name = after_slash(words.at(2));
  if (std::ranges::find(servers_, name, &Server::name) == servers_.end()) return "No such server.\n";
  auto& one = server(name);
  if (words.at(3) == "state") {
    one.state = words.at(4);
    one.down = false;
  }
  if (words.at(3) == "health") one.down = words.at(4) == "down";
  if (words.at(3) != "addr") return "";
  one.address = words.at(4) + ":" + words.at(6);
  return "no need to change the addr, port changed from '1' to '2' by 'stats socket command'\n";
}

std::string ModelledHaproxy::table_of_states() const {
  std::string text = "1\n# srv_name srv_admin_state\n";
  for (const auto& one : servers_) {
    text += fmt::format("{} {}\n", one.name, one.state == "maint" ? 1 : one.state == "drain" ? 8 : 0);
  }
  return text;
}

std::string ModelledHaproxy::statistics() const {
  std::string text = "# pxname,svname,qcur,scur,status,type,check_status,last_chk,addr,econ,\n";
  for (const auto& one : servers_) {
    const auto* status = one.down ? "DOWN" : one.state == "maint" ? "MAINT" : one.state == "drain" ? "DRAIN" : "UP";
    text += fmt::format("shop,{},0,{},{},2,L7OK,,{},{},\n", one.name, one.sessions, status, one.address, one.errors);
  }
  return text;
}

std::string ModelledHaproxy::connections() const {
  std::string text = "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max\n";
  for (const auto& one : servers_) {
    text += fmt::format("shop/{} 3/1 127.0.0.1 1 - 5000 {} 1\n", one.name, one.connections);
  }
  return text;
}

}  // namespace teal::test
