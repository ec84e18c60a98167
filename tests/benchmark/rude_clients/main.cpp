// What thousands of clients that misbehave over TCP do to operators on the Unix socket: how long answers take there,
// and how much memory the server holds, beside the same without them in the same run.
//
// rude_clients [CLIENTS SECONDS]. Ends with 1 when an answer took two seconds or longer, a connection of an operator
// was closed, or the server held more than 400 MiB.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "tests/benchmark/rude_clients/served.hpp"
#include "tests/support/hung_clients.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;
using namespace std::chrono_literals;

constexpr int applications = 1500;
constexpr std::size_t addresses = 4;

// An operator's connection, kept from one question to the next.
class Operator {
 public:
  explicit Operator(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    is_open_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Operator() { ::close(socket_); }
  Operator(const Operator&) = delete;
  Operator& operator=(const Operator&) = delete;

  // False: it was closed, refused, or had no answer for ten seconds.
  bool ask(const std::string& path) {
    const std::string text = "GET " + path + " HTTP/1.1\r\nHost: teal\r\n\r\n";
    if (!is_open_ || ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) < 0) return false;
    std::string answer;
    std::size_t wanted = std::string::npos;
    while (answer.size() < wanted) {
      pollfd readable{socket_, POLLIN, 0};
      char piece[65536];
      const auto count = ::poll(&readable, 1, 10000) == 1 ? ::recv(socket_, piece, sizeof piece, 0) : -1;
      if (count <= 0) return is_open_ = false;
      answer.append(piece, static_cast<std::size_t>(count));
      const auto head = answer.find("\r\n\r\n");
      const auto length = answer.find("Content-Length: ");
      if (head != std::string::npos && length < head) wanted = head + 4 + std::stoul(answer.substr(length + 16));
    }
    return answer.starts_with("HTTP/1.1 200");
  }

 private:
  int socket_;
  bool is_open_ = false;
};

struct Answers {
  std::vector<Milliseconds> took;
  int failed = 0;

  void ask(Operator& who, const std::string& path) {
    const auto begun = Clock::now();
    if (!who.ask(path)) ++failed;
    took.push_back(Clock::now() - begun);
  }
  [[nodiscard]] double at(double share) {
    std::ranges::sort(took);
    return took[static_cast<std::size_t>(share * static_cast<double>(took.size() - 1))].count();
  }
  void print(const char* what) {
    fmt::print("{:<24} {} answers, {} failed; median {:.1f} ms, 99 % {:.1f} ms, longest {:.1f} ms\n", what, took.size(),
               failed, at(0.5), at(0.99), at(1));
  }
};

struct Measured {
  Answers kept;   // /healthz on a connection that stays
  Answers fresh;  // /healthz on a new one
  Answers lists;  // all applications
};

Measured measure(const teal::benchmark::Served& served, Operator& kept, std::chrono::seconds time) {
  Measured measured;
  const auto end = Clock::now() + time;
  for (int i = 0; Clock::now() < end; ++i) {
    measured.kept.ask(kept, "/healthz");
    Operator fresh{served.socket()};
    measured.fresh.ask(fresh, "/healthz");
    if (i % 10 == 0) measured.lists.ask(fresh, "/apis/teal/v1/applications");
    std::this_thread::sleep_for(10ms);
  }
  return measured;
}

void print(Measured& measured) {
  measured.kept.print("  healthz, kept open");
  measured.fresh.print("  healthz, connecting");
  measured.lists.print("  all applications");
}

}  // namespace

int main(int count, char** arguments) {
  const std::size_t clients = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 2000;
  const std::chrono::seconds time{count > 2 ? std::atoi(arguments[2]) : 10};
  if (clients == 0 || time <= 0s) {
    fmt::print(stderr, "usage: rude_clients [CLIENTS SECONDS]\n");
    return 2;
  }
  const teal::benchmark::Served served{applications};
  Operator kept{served.socket()};
  fmt::print("{} applications, 20 changes a second; answers on the Unix socket\n", applications);
  auto alone = measure(served, kept, std::min(time, 3s));
  const auto memory_alone = served.resident();
  fmt::print("alone:\n");
  print(alone);
  Measured beside;
  std::size_t returned = 0;
  {
    const teal::test::HungClients rude{served.port(), clients, addresses};
    beside = measure(served, kept, time);
    returned = rude.returned();
  }
  fmt::print("beside {} clients over TCP that misbehave, from {} addresses ({} were cut off and came again):\n",
             clients, addresses, returned);
  print(beside);
  fmt::print("memory: {:.0f} MiB alone, {:.0f} MiB at most\n", memory_alone, served.most_resident());
  fmt::print("ratio of the medians: {:.1f} (kept open), {:.1f} (connecting), {:.1f} (all applications)\n",
             beside.kept.at(0.5) / alone.kept.at(0.5), beside.fresh.at(0.5) / alone.fresh.at(0.5),
             beside.lists.at(0.5) / alone.lists.at(0.5));
  bool holds = served.most_resident() < 400;
  for (auto* answers : {&beside.kept, &beside.fresh, &beside.lists}) {
    holds = holds && answers->failed == 0 && answers->at(1) < 2000;
  }
  return holds ? 0 : 1;
}
