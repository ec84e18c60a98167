// A stand-in for dockerd: what many containers cost teald, without what they cost the machine. It speaks as much of
// Docker's API as teald asks for (the conformance suite of the engine runs against it as well), at a real dockerd's
// pace, and runs nothing: a container's program is a listener that answers 200 (replica.hpp).
//
// docker_stand_in --socket PATH [--pace N] [--first-port N] [--image REFERENCE …]. Ends on SIGTERM. Images of
// registry.example can be pulled, any of them; no others.
#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/docker_stand_in/server.hpp"

int main(int count, char** words) {
  std::string socket;
  double pace = 1;
  int first_port = 10'000;
  std::vector<std::string> images;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string word = words[i];
    if (word == "--socket") socket = words[i + 1];
    if (word == "--pace") pace = std::atof(words[i + 1]);
    if (word == "--first-port") first_port = std::atoi(words[i + 1]);
    if (word == "--image") images.emplace_back(words[i + 1]);
  }
  if (socket.empty()) {
    fmt::print(stderr, "docker_stand_in --socket PATH [--pace N] [--first-port N] [--image REFERENCE …]\n");
    return 2;
  }
  // A listener for each replica.
  const rlimit files{1 << 16, 1 << 16};
  ::setrlimit(RLIMIT_NOFILE, &files);
  boost::asio::io_context loop{1};
  teal::test::stand_in::Server server{loop, socket, first_port};
  server.pace().of = pace;
  for (const auto& image : images) server.containers().add_image(image);
  boost::asio::signal_set ends{loop, SIGTERM, SIGINT};
  ends.async_wait([&](auto, int) { loop.stop(); });
  loop.run();
}
