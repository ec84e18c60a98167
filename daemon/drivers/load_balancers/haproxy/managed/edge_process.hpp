// The running HAProxy that reads the files of managed/edge_files.hpp: its Runtime API, its maps, its reload.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/ports/telemetry.hpp"
#include "daemon/drivers/load_balancers/haproxy/old_processes.hpp"
#include "daemon/drivers/load_balancers/haproxy/slots.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::haproxy {

class EdgeProcess {
 public:
  EdgeProcess(std::string socket, std::string master, ports::Telemetry* telemetry)
      : socket_(std::move(socket)), master_(std::move(master)), telemetry_(telemetry) {}

  struct Identity {
    ProcessInfo process;
    std::string structure;  // of the configuration that it has loaded; empty: one that is not teald's
    std::string release;    // "show info"
  };
  // Errors: unavailable, with what to start.
  [[nodiscard]] boost::asio::awaitable<Result<Identity>> look();
  // Servers of the backend as HAProxy names them, with what uses them. Errors: as of parse_servers; unavailable when
  // another process than `pid` answers.
  [[nodiscard]] boost::asio::awaitable<Result<Slots>> servers(std::string backend, std::string pid);

  // Commands that say nothing when they have worked, one after another. Error: what the first that failed said.
  [[nodiscard]] boost::asio::awaitable<Result<void>> command(std::string_view operation,
                                                             std::vector<std::string> lines);
  // A new address of a server in maintenance.
  [[nodiscard]] boost::asio::awaitable<Result<void>> readdress(std::string where, std::string address);
  // Makes a map that the configuration refers to hold these entries and no others.
  [[nodiscard]] boost::asio::awaitable<Result<void>> set_map(std::string path,
                                                             std::map<std::string, std::string> entries);
  // Tells the master to load the configuration, through its socket, else by the signal that it has for it. Returns
  // at once. Error: denied, with what to type.
  [[nodiscard]] boost::asio::awaitable<Result<void>> reload(std::string pid);

  // Requests that older processes still have, by replica; none of them left is an empty answer. Error: unavailable,
  // nobody counts them.
  [[nodiscard]] boost::asio::awaitable<Result<std::map<std::string, int>>> old_requests(std::string backend,
                                                                                        std::string pid);

  [[nodiscard]] boost::asio::awaitable<Result<std::string>> ask(std::string_view operation, std::string line);

 private:
  std::string socket_;
  std::string master_;
  ports::Telemetry* telemetry_;
};

}  // namespace teal::haproxy
