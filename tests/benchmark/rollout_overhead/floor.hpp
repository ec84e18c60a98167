// The same upgrade done by a script that knows everything and forgets nothing: the bare engine and load-balancer calls
// in their best order, each wait polled every 5 ms, no record kept and nothing checked twice. What Teal is measured
// against.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controllers/ports/engine.hpp"
#include "controllers/ports/load_balancer.hpp"

namespace teal::benchmark {

struct FloorSettings {
  std::string docker_socket;
  std::string haproxy_socket;
  std::string backend;
  std::string repository;
  std::map<std::string, std::string> environment;  // of the serving containers
  std::map<std::string, std::string> credentials;  // what the migration job has instead
  std::vector<spec::Mount> mounts;
  int api_replicas = 2;
};

class Floor {
 public:
  explicit Floor(FloorSettings settings);

  // From the present version (or nothing) to this one; how long it took. Throws when a call fails.
  std::chrono::duration<double> upgrade(const std::string& version);

 private:
  struct Replica {
    std::string id;
    std::string name;
    std::string address;
  };

  boost::asio::awaitable<bool> migrate(std::string image);
  boost::asio::awaitable<std::vector<Replica>> start(std::string image);
  boost::asio::awaitable<bool> until_healthy(std::vector<Replica> replicas);
  boost::asio::awaitable<bool> introduce(std::vector<Replica> fresh, std::vector<Replica> old);
  boost::asio::awaitable<bool> retire(std::vector<Replica> old);
  boost::asio::awaitable<bool> run(std::string version);
  ports::ContainerSpec container(const std::string& image, const std::string& unit, int index) const;

  FloorSettings settings_;
  boost::asio::io_context io_;
  std::unique_ptr<ports::Engine> engine_;
  std::unique_ptr<ports::LoadBalancer> balancer_;
  std::vector<Replica> present_;
  int revision_ = 0;
};

}  // namespace teal::benchmark
