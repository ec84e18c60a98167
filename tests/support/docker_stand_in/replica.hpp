// The programs of the running containers that expose a port: each port of 127.0.0.1 is listened to and every request
// answered with 200, as by a replica that is well.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <map>
#include <memory>

namespace teal::test::stand_in {

class Replicas {
 public:
  Replicas(boost::asio::any_io_executor executor, int first_port) : executor_(executor), first_(first_port) {}

  // The port; 0: none is free.
  int open();
  void close(int port);

 private:
  boost::asio::any_io_executor executor_;
  int first_;
  int next_ = 0;
  std::map<int, std::shared_ptr<boost::asio::ip::tcp::acceptor>> open_;
};

}  // namespace teal::test::stand_in
