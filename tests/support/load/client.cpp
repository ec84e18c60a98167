#include "tests/support/load/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace teal::load {
namespace {

using Clock = std::chrono::steady_clock;

// Empty when ready, else the error.
std::string wait_ready(int fd, short events, Clock::time_point deadline, const char* doing) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return std::string("timeout: ") + doing;
    pollfd entry{fd, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return "";
    if (ready < 0 && errno != EINTR) return std::string(doing) + ": " + std::strerror(errno);
  }
}

std::optional<std::string> field(const std::string& head, const char* name) {
  const std::size_t length = std::strlen(name);
  for (std::size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
    const char* line = head.c_str() + at + 2;
    if (strncasecmp(line, name, length) != 0 || line[length] != ':') continue;
    std::string value(line + length + 1, std::strcspn(line + length + 1, "\r"));
    value.erase(0, value.find_first_not_of(' '));
    return value;
  }
  return std::nullopt;
}

template <typename Number>
bool read_number(const std::string& text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Target parse_target(const std::string& url) {
  const std::string scheme = "http://";
  if (url.rfind(scheme, 0) != 0) throw std::invalid_argument("the URL must begin with http://, not '" + url + "'");
  Target target;
  target.authority = url.substr(scheme.size(), url.find('/', scheme.size()) - scheme.size());
  const auto colon = target.authority.find(':');
  target.host = target.authority.substr(0, colon);
  if (target.host == "localhost") target.host = "127.0.0.1";
  in_addr address{};
  if (inet_pton(AF_INET, target.host.c_str(), &address) != 1) {
    throw std::invalid_argument("the URL's host must be an IPv4 address or localhost, not '" + target.host + "'");
  }
  if (colon != std::string::npos && !read_number(target.authority.substr(colon + 1), target.port)) {
    throw std::invalid_argument("the URL's port is not a number: '" + url + "'");
  }
  return target;
}

void Client::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool Client::closed_while_idle() {
  if (fd_ < 0) return false;
  pollfd entry{fd_, POLLIN, 0};
  if (poll(&entry, 1, 0) <= 0) return false;
  close();
  return true;
}

std::string Client::open(Deadline deadline) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return std::string("socket: ") + std::strerror(errno);
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(target_.port));
  inet_pton(AF_INET, target_.host.c_str(), &address.sin_addr);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return "";
  if (errno != EINPROGRESS) return std::string("connect: ") + std::strerror(errno);
  if (auto error = wait_ready(fd_, POLLOUT, deadline, "connecting"); !error.empty()) return error;
  int result = 0;
  socklen_t size = sizeof result;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &result, &size);
  return result == 0 ? "" : std::string("connect: ") + std::strerror(result);
}

std::string Client::send(const std::string& text, Deadline deadline) {
  for (std::size_t sent = 0; sent < text.size();) {
    const auto n = ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n > 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno != EAGAIN && errno != EINTR) {
      return std::string("send: ") + std::strerror(errno);
    } else if (auto error = wait_ready(fd_, POLLOUT, deadline, "sending"); !error.empty()) {
      return error;
    }
  }
  return "";
}

Answer Client::read_answer(Deadline deadline, bool& keep) {
  std::string buffer;
  std::size_t head_end = std::string::npos;
  std::size_t wanted = 0;
  int status = 0;
  for (;;) {
    if (head_end == std::string::npos && (head_end = buffer.find("\r\n\r\n")) != std::string::npos) {
      const std::string head = buffer.substr(0, head_end + 2);
      if (head.rfind("HTTP/1.", 0) != 0 || !read_number(head.substr(9, 3), status)) return {"not HTTP", ""};
      const auto length = field(head, "content-length");
      if (!length || !read_number(*length, wanted)) return {"answer without Content-Length", ""};
      const auto connection = field(head, "connection");
      if (connection && strcasecmp(connection->c_str(), "close") == 0) keep = false;
    }
    if (head_end != std::string::npos && buffer.size() >= head_end + 4 + wanted) break;
    if (auto error = wait_ready(fd_, POLLIN, deadline, "waiting for the answer"); !error.empty()) return {error, ""};
    char chunk[8192];
    const auto n = ::recv(fd_, chunk, sizeof chunk, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n < 0) return {std::string("receive: ") + std::strerror(errno), ""};
    if (n == 0) return {buffer.empty() ? "closed before the answer" : "closed in the middle of the answer", ""};
    buffer.append(chunk, static_cast<std::size_t>(n));
  }
  if (buffer.size() != head_end + 4 + wanted) return {"more than one answer", ""};
  if (status < 200 || status > 299) return {"status " + std::to_string(status), ""};
  return {"", buffer.substr(head_end + 4)};
}

Answer Client::get(const std::string& path, bool keep) {
  const Deadline deadline = Clock::now() + target_.timeout;
  Answer answer;
  if (fd_ < 0) answer.error = open(deadline);
  if (answer.error.empty()) {
    answer.error = send("GET " + path + " HTTP/1.1\r\nHost: " + target_.authority +
                            (keep ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n"),
                        deadline);
  }
  if (answer.error.empty()) answer = read_answer(deadline, keep);
  if (!keep || !answer.error.empty()) close();
  return answer;
}

}  // namespace teal::load
