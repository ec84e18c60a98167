// The load balancers that are asked to conform to their port: the fake, and a real HAProxy of the test's own with
// deploy/haproxy/haproxy.cfg.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "controllers/ports/load_balancer.hpp"
#include "tests/support/await.hpp"

namespace teal::test {

class LoadBalancerRig {
 public:
  virtual ~LoadBalancerRig() = default;
  virtual ports::LoadBalancer& balancer() = 0;
  // The same load balancer, driven by another teald.
  virtual ports::LoadBalancer& of_another_teald() = 0;
  // Servers that the load balancer itself has in the backend, those that nobody uses too.
  virtual std::size_t entries() = 0;
  // The one that `balancer` becomes when nobody listens on its socket.
  virtual ports::LoadBalancer& dead() = 0;
  // A backend without servers when the test begins.
  virtual std::string backend() = 0;
  // Addresses of applications whose health check answers 200, and of one whose answers 503.
  virtual std::string well(int index) = 0;
  virtual std::string sick() = 0;
  // Lets a little time go by.
  virtual void pass() = 0;
  // A client's request that goes to whatever server takes traffic and stays under way until `finish_request`.
  virtual void begin_request() = 0;
  virtual void finish_request() = 0;
  // Waits for its client's answer: true when it is the application's.
  virtual bool request_succeeded() = 0;
  // The connections of applications that a request waits for are closed, as by a replica that stops.
  virtual void stop_replicas() = 0;
  // Whether what a replaced process has under way is counted.
  [[nodiscard]] virtual bool sees_old_processes() const = 0;
  // Another process with the same configuration file.
  virtual void reload() = 0;
  // Whether that has the servers of the one before.
  [[nodiscard]] virtual bool keeps_servers() const { return false; }

  template <class T>
  T run(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }

 protected:
  boost::asio::io_context loop_;
};

// `sees_old_processes`: what a reload has replaced is seen; of HAProxy through its master's socket.
[[nodiscard]] std::unique_ptr<LoadBalancerRig> make_fake_balancer_rig(bool sees_old_processes);
[[nodiscard]] std::unique_ptr<LoadBalancerRig> make_haproxy_rig(bool sees_old_processes);
// One that Teal keeps itself.
// What stands in for a HAProxy with too many backends (tests/support/haproxy_stand_in): no request goes through it.
[[nodiscard]] std::unique_ptr<LoadBalancerRig> make_haproxy_stand_in_rig();
[[nodiscard]] std::unique_ptr<LoadBalancerRig> make_edge_rig(bool has_master_socket);
// The HAProxy that its rigs share is started at its first use.
void stop_haproxy();

}  // namespace teal::test
