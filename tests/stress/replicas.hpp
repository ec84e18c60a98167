// Replicas that die: HTTP servers on 127.0.0.1, all on one thread of their own.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>
#include <thread>

namespace teal::test {

class Replicas {
 public:
  Replicas();
  ~Replicas();
  Replicas(const Replicas&) = delete;
  Replicas& operator=(const Replicas&) = delete;

  // "/slow" is answered after 50 to 250 ms, all else at once. Returns its address.
  std::string start(const std::string& name);
  // As `kill -9` does it: the port is closed, and so is every connection, whatever is under way.
  void kill(const std::string& name);
  // As a process that hangs: connections are taken and nothing is answered any more.
  void hang(const std::string& name);

 private:
  struct Replica;
  template <class Work>
  void on_loop(Work work);

  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{loop_.get_executor()};
  std::map<std::string, std::shared_ptr<Replica>> replicas_;
  std::thread thread_;
};

}  // namespace teal::test
