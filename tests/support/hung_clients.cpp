#include "tests/support/hung_clients.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>

namespace teal::test {
namespace {

enum Kind : std::size_t { Slowloris, HalfBody, UnreadAnswers, UnreadWatch, UnreadList, Follower, Garbage, Tls, kinds };

std::string opening(std::size_t kind) {
  const std::string host = " HTTP/1.1\r\nHost: localhost\r\n";
  switch (static_cast<Kind>(kind)) {
    case Slowloris:
      return "GET /healthz" + host;
    case HalfBody:
      return "POST /apis/teal/v1/applications/shop/plan" + host +
             "Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{" + std::string(100'000, ' ');
    case UnreadAnswers: {
      std::string many;
      for (int i = 0; i < 20; ++i) many += "GET /openapi/v3" + host + "\r\n";
      return many;
    }
    case UnreadWatch:
      return "GET /apis/teal/v1/applications?watch=true" + host + "\r\n";
    case UnreadList:
      return "GET /apis/teal/v1/applications" + host + "\r\n";
    case Follower:
      return "GET /apis/teal/v1/rollouts/shop-1/logs?component=api&follow=true" + host + "\r\n";
    case Garbage:
      return "hello\r\nis anybody there?\r\n\r\n";
    case Tls:
      return std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(500, '\x5a');
    case kinds:
      break;
  }
  return "";
}

void raise_own_limit() {
  struct rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

HungClients::HungClients(int port, std::size_t count, std::size_t addresses) : port_(port), clients_(count) {
  raise_own_limit();
  for (std::size_t i = 0; i < count; ++i) {
    clients_[i].kind = i % kinds;
    clients_[i].address = i / kinds % addresses;
    connect(clients_[i]);
  }
  thread_ = std::thread{[this] { keep_on(); }};
}

HungClients::~HungClients() {
  done_ = true;
  thread_.join();
  for (const auto& client : clients_) ::close(client.socket);
}

void HungClients::connect(Client& client) const {
  if (client.socket >= 0) ::close(client.socket);
  client.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int small = 2048;
  ::setsockopt(client.socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(client.address));
  if (client.address != 0) (void)::bind(client.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(client.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error(std::string{"a hung client cannot connect: "} + std::strerror(errno));
  }
  const auto text = opening(client.kind);
  (void)::send(client.socket, text.data(), text.size(), MSG_NOSIGNAL);
}

// False once the server has hung up.
bool HungClients::trickle(const Client& client) {
  if (client.kind == Slowloris || client.kind == HalfBody) {
    return ::send(client.socket, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
  }
  if (client.kind == Garbage || client.kind == Tls) {
    char said[4096];
    const auto count = ::recv(client.socket, said, sizeof said, MSG_DONTWAIT);
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(client.socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0;
}

void HungClients::keep_on() {
  for (std::size_t next = 0; !done_; next = (next + 1) % clients_.size()) {
    if (next == 0) std::this_thread::sleep_for(std::chrono::milliseconds{200});
    if (trickle(clients_[next])) continue;
    ++returned_;
    try {
      connect(clients_[next]);
    } catch (const std::runtime_error&) {
      continue;  // a full queue: on the next round again
    }
  }
}

}  // namespace teal::test
