// Docker's API as teald and the `docker` command ask for it, on a Unix socket, over what Containers has. Each change
// takes as long as a real dockerd's (`Pace`), and is told of as an event.
//
// POST /stand-in/pace?of=N: from now on each answer takes N times that of a real one (0: none waits).
// GET /stand-in/counts: a line "what number" for each kind of request so far, then the containers and those that run.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/docker_stand_in/containers.hpp"
#include "tests/support/docker_stand_in/replica.hpp"

namespace teal::test::stand_in {

// Medians of 40 of each, asked one after the other of a dockerd 20.10.24 with overlay2 and a bridge, on a machine with
// two cores that built something else meanwhile (load 8 to 12); the quickest were create 7 ms, start 214, kill 12,
// end 200, remove 22, inspect 0.4. `end` is that of a shell which traps SIGTERM: from the answer to the signal until
// `wait` answers. `each_listed` is from a list of 200. `pull` alone is an estimate, of an image that is there already.
// Each request waits by itself: a real engine also slows down when many start at once, which this does not show.
struct Pace {
  double of = 1;
  std::chrono::microseconds read{500};
  std::chrono::microseconds each_listed{40};
  std::chrono::microseconds create{34'000};
  std::chrono::microseconds start{280'000};
  std::chrono::microseconds signal{23'000};
  std::chrono::microseconds end{290'000};
  std::chrono::microseconds remove{99'000};
  std::chrono::microseconds pull{50'000};
};

struct Asked {
  std::string method;
  std::string path;  // without the version
  std::map<std::string, std::string> query;
  std::string body;
};

struct Said {
  int status = 200;
  std::string body;
  std::string type = "application/json";
};

class Server {
 public:
  Server(boost::asio::io_context& loop, const std::string& socket, int first_port);

  Containers& containers() { return containers_; }
  Pace& pace() { return pace_; }

 private:
  using Socket = boost::asio::local::stream_protocol::socket;
  struct Follower {
    std::vector<std::string> labels;
    std::vector<std::string> actions;
    std::string waiting;
    boost::asio::steady_timer bell;
  };

  boost::asio::awaitable<void> accept_all();
  boost::asio::awaitable<void> serve(Socket client);
  boost::asio::awaitable<Said> answer(Asked asked);
  boost::asio::awaitable<Said> about_container(Asked asked, std::string id, std::string verb);
  boost::asio::awaitable<Said> about_image(Asked asked, std::string reference);
  boost::asio::awaitable<Said> list(Asked asked);
  boost::asio::awaitable<Said> create(Asked asked);
  boost::asio::awaitable<Said> start(ContainerPtr container);
  boost::asio::awaitable<Said> signal(ContainerPtr container, std::string signal);
  boost::asio::awaitable<Said> remove(ContainerPtr container, bool forced);
  boost::asio::awaitable<Said> pull(std::string repository, std::string tag);
  boost::asio::awaitable<Said> commit(Asked asked);
  // Whether the connection can be asked more.
  boost::asio::awaitable<bool> tell_events(Socket& client, const Asked& asked);
  boost::asio::awaitable<void> end_later(ContainerPtr container, std::chrono::microseconds after, int code);
  boost::asio::awaitable<void> wait(std::chrono::microseconds time);
  void end(const ContainerPtr& container, int code);
  [[nodiscard]] std::string counts() const;

  boost::asio::io_context& loop_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  Containers containers_;
  Replicas replicas_;
  Pace pace_;
  std::list<std::shared_ptr<Follower>> followers_;
  std::map<std::string, long> counts_;
  std::int64_t began_ = now();
  long made_ = 0;
};

}  // namespace teal::test::stand_in
