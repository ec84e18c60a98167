#include "tests/support/endless_postgres.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace teal::test {
namespace {

constexpr std::uint64_t most_sent = std::uint64_t{4} << 30;
constexpr std::uint32_t huge = 0x30303030;  // 771 MiB; no byte of it ends a text
constexpr std::uint32_t impossible = 0x7FFFFFF0;

std::string number32(std::uint32_t value) {
  const std::array<char, 4> bytes{static_cast<char>(value >> 24), static_cast<char>(value >> 16),
                                  static_cast<char>(value >> 8), static_cast<char>(value)};
  return {bytes.data(), bytes.size()};
}
std::string number16(int value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }

std::string message(char type, const std::string& body) {
  return std::string(1, type) + number32(static_cast<std::uint32_t>(body.size() + 4)) + body;
}

std::string text(const std::string& value) { return value + '\0'; }

std::string complaint(char type, const std::string& severity) {
  return message(type, "S" + text(severity) + "C" + text("55000") + "M" + text(std::string(8000, 'm')) + '\0');
}

std::string one_column() {
  return message('T', number16(1) + text("c") + number32(0) + number16(0) + number32(23) + number16(4) +
                          number32(0xFFFFFFFF) + number16(0));
}

std::string greeting() {
  std::string all = message('R', number32(0));
  for (const auto* one : {"server_version\00015.0", "client_encoding\000UTF8", "integer_datetimes\000on",
                          "standard_conforming_strings\000on"}) {
    const std::string name{one};
    all += message('S', text(name) + text(std::string{one + name.size() + 1}));
  }
  return all + message('K', number32(4711) + number32(1)) + message('Z', "I");
}

// All that is there to be read, within a moment.
std::string read_some(int socket, const std::stop_token& stop) {
  pollfd polled{socket, POLLIN, 0};
  while (!stop.stop_requested()) {
    if (::poll(&polled, 1, 20) <= 0) continue;
    std::array<char, 8192> buffer{};
    const auto count = ::recv(socket, buffer.data(), buffer.size(), 0);
    return count <= 0 ? std::string{} : std::string{buffer.data(), static_cast<std::size_t>(count)};
  }
  return {};
}

}  // namespace

EndlessPostgres::EndlessPostgres(Sends what, const std::string& folder) : what_(what) {
  if (folder.empty()) {
    listen_on_loopback();
  } else {
    listen_in(folder);
  }
  thread_ = std::jthread{[this](const std::stop_token& stop) { serve(stop); }};
}

void EndlessPostgres::listen_in(const std::string& folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = folder + "/.s.PGSQL.5432";
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long a path for a socket");
  path.copy(address.sun_path, path.size());
  port_ = 5432;
  listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listening_, 8) != 0) {
    throw std::runtime_error("no socket for a server");
  }
}

void EndlessPostgres::listen_on_loopback() {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listening_, 8) != 0 ||
      ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port for a server");
  }
  port_ = ntohs(address.sin_port);
}

EndlessPostgres::~EndlessPostgres() {
  thread_.request_stop();
  thread_.join();
  ::close(listening_);
}

// One connection after the other, each in a thread of its own.
void EndlessPostgres::serve(const std::stop_token& stop) {
  std::vector<std::jthread> connections;
  pollfd polled{listening_, POLLIN, 0};
  while (!stop.stop_requested()) {
    if (::poll(&polled, 1, 20) <= 0) continue;
    const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    connections.emplace_back([this, socket](const std::stop_token& end) {
      answer(socket, end);
      ::close(socket);
    });
  }
  for (auto& connection : connections) connection.request_stop();
}

void EndlessPostgres::answer(int socket, const std::stop_token& stop) {
  auto asked = read_some(socket, stop);
  while (asked.size() == 8) {  // may it be TLS, or GSSAPI?
    if (!send(socket, "N", stop)) return;
    asked = read_some(socket, stop);
  }
  if (asked.empty()) return;
  if (what_ >= Sends::GreetingParameters) return flood(socket, stop);
  if (!send(socket, greeting(), stop)) return;
  if (read_some(socket, stop).empty()) return;
  flood(socket, stop);
}

void EndlessPostgres::flood(int socket, const std::stop_token& stop) {
  std::string begin;
  std::string again;
  switch (what_) {
    case Sends::Rows:
      begin = one_column();
      for (int i = 0; i < 1000; ++i) again += message('D', number16(1) + number32(1) + "1");
      break;
    case Sends::OneValue:
      begin = one_column() + "D" + number32(huge) + number16(1) + number32(huge - 10);
      break;
    case Sends::ImpossibleValue:
      begin = one_column() + "D" + number32(impossible) + number16(1) + number32(impossible - 10);
      break;
    case Sends::Columns:
      begin = "T" + number32(huge) + number16(32767);
      break;
    case Sends::Notices:
      again = complaint('N', "NOTICE");
      break;
    case Sends::OneError:
      begin = "E" + number32(huge) + "SERROR" + '\0' + "M";
      break;
    case Sends::Errors:
      again = complaint('E', "ERROR");
      break;
    case Sends::Notifications:
      again = message('A', number32(1) + text("channel") + text(std::string(1000, 'p')));
      break;
    case Sends::CopiedData:
      begin = message('H', std::string(1, '\0') + number16(0));
      again = message('d', std::string(8000, 'c'));
      break;
    case Sends::GreetingParameters:
    case Sends::GreetingNotices:
      begin = message('R', number32(0));
      again = what_ == Sends::GreetingNotices ? complaint('N', "NOTICE") : std::string{};
      break;
    case Sends::GreetingError:
      begin = "E" + number32(huge);
      break;
    case Sends::Parameters:
      break;
    case Sends::Nothing:
      while (!stop.stop_requested() && !read_some(socket, stop).empty()) continue;
      return;
  }
  if (!send(socket, begin, stop)) return;
  const bool invents = what_ == Sends::Parameters || what_ == Sends::GreetingParameters;
  if (again.empty() && !invents) again.assign(1 << 16, 'x');
  for (std::uint64_t i = 0; sent_ < most_sent; ++i) {
    if (invents) again = message('S', text("p" + std::to_string(i)) + text(std::string(4000, 'v')));
    if (!send(socket, again, stop)) return;
  }
}

bool EndlessPostgres::send(int socket, const std::string& bytes, const std::stop_token& stop) {
  std::string_view left = bytes;
  pollfd polled{socket, POLLOUT, 0};
  while (!left.empty()) {
    if (stop.stop_requested()) return false;
    if (::poll(&polled, 1, 20) == 0) continue;
    const auto count = ::send(socket, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) continue;
    if (count <= 0) return false;
    sent_ += static_cast<std::uint64_t>(count);
    left.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace teal::test
