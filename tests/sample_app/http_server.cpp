#include "tests/sample_app/http_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <thread>

namespace sample {
namespace {

constexpr std::size_t max_head = 16 * 1024;
constexpr std::size_t max_body = 1024 * 1024;
constexpr int idle_timeout_ms = 75'000;  // longer than a load balancer keeps idle server connections

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

bool readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, 0) > 0;
}

struct Head {
  Request request;
  bool keep_alive = true;
  std::size_t content_length = 0;
  int refuse = 0;  // a status that ends the connection
};

void read_target(Request& request, const std::string& target) {
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  for (std::size_t start = question; start != std::string::npos;) {
    const auto end = target.find('&', start + 1);
    const std::string pair = target.substr(start + 1, end == std::string::npos ? end : end - start - 1);
    const auto equals = pair.find('=');
    request.query[pair.substr(0, equals)] = equals == std::string::npos ? "" : pair.substr(equals + 1);
    start = end;
  }
}

void read_field(Head& head, const std::string& line) {
  const auto colon = line.find(':');
  if (colon == std::string::npos) return;
  const std::string name = line.substr(0, colon);
  const auto first = line.find_first_not_of(" \t", colon + 1);
  const std::string value = first == std::string::npos ? "" : line.substr(first);
  if (strcasecmp(name.c_str(), "connection") == 0) {
    if (strcasecmp(value.c_str(), "close") == 0) head.keep_alive = false;
    if (strcasecmp(value.c_str(), "keep-alive") == 0) head.keep_alive = true;
  } else if (strcasecmp(name.c_str(), "content-length") == 0) {
    head.content_length = std::strtoull(value.c_str(), nullptr, 10);
    if (head.content_length > max_body) head.refuse = 413;
  } else if (strcasecmp(name.c_str(), "transfer-encoding") == 0) {
    head.refuse = 411;
  }
}

Head parse_head(const std::string& text) {
  Head head;
  std::size_t start = 0;
  for (bool first = true; start < text.size(); first = false) {
    const auto end = text.find("\r\n", start);
    const std::string line = text.substr(start, end - start);
    start = end == std::string::npos ? text.size() : end + 2;
    if (!first) {
      read_field(head, line);
      continue;
    }
    const auto space = line.find(' ');
    const auto space2 = line.find(' ', space + 1);
    if (space == std::string::npos || space2 == std::string::npos || line.compare(space2 + 1, 7, "HTTP/1.") != 0) {
      head.refuse = 400;
      return head;
    }
    head.request.method = line.substr(0, space);
    read_target(head.request, line.substr(space + 1, space2 - space - 1));
    head.keep_alive = line.compare(space2 + 1, 8, "HTTP/1.0") != 0;
  }
  return head;
}

const char* reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

bool send_all(int fd, const std::string& text) {
  for (std::size_t sent = 0; sent < text.size();) {
    const auto n = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

bool answer(int fd, const Response& response, bool keep_alive, bool without_body) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " + reason(response.status) +
                     "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(response.body.size()) +
                     "\r\nConnection: " + (keep_alive ? "keep-alive" : "close") + "\r\n\r\n";
  if (!without_body) text += response.body;
  return send_all(fd, text);
}

// One connection from accept to close.
class Session {
 public:
  Session(int fd, int stop_fd, const Handler& handler) : socket_(fd), stop_fd_(stop_fd), handler_(handler) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  void run() {
    while (one_request()) {
    }
  }

 private:
  // Reads more; false when the peer is gone or stayed silent too long.
  bool read_more() {
    pollfd entries[2] = {{socket_.fd(), POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    int ready = 0;
    while ((ready = poll(entries, 2, idle_timeout_ms)) < 0 && errno == EINTR) {
    }
    if (ready <= 0) return false;
    if (entries[0].revents != 0) return receive();
    // Told to stop. A connection that is idle after an answer is closed; one whose request is on its way, perhaps sent
    // in part already, gets a moment, since its client cannot know.
    if (used_ && buffer_.empty()) return false;
    return poll(entries, 1, buffer_.empty() ? 200 : 2000) > 0 && receive();
  }

  bool receive() {
    char chunk[4096];
    const auto n = ::recv(socket_.fd(), chunk, sizeof chunk, 0);
    if (n <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(n));
    return true;
  }

  bool one_request() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (buffer_.size() > max_head) return answer(socket_.fd(), {431, "{}"}, false, false) && false;
      if (!read_more()) return false;
    }
    const Head head = parse_head(buffer_.substr(0, end + 2));
    if (head.refuse != 0) return answer(socket_.fd(), {head.refuse, "{}"}, false, false) && false;
    while (buffer_.size() < end + 4 + head.content_length) {
      if (!read_more()) return false;
    }
    buffer_.erase(0, end + 4 + head.content_length);
    used_ = true;
    const Response response = handler_(head.request);
    const bool keep_alive = head.keep_alive && !readable(stop_fd_);
    return answer(socket_.fd(), response, keep_alive, head.request.method == "HEAD") && keep_alive;
  }

  Socket socket_;
  int stop_fd_;
  const Handler& handler_;
  std::string buffer_;
  bool used_ = false;
};

int open_listener(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 512) != 0) {
    throw std::system_error(errno, std::generic_category(), "listen on port " + std::to_string(port));
  }
  return fd;
}

}  // namespace

void serve(int port, int stop_fd, const Handler& handler, const std::function<void()>& listening) {
  std::atomic<int> sessions = 0;
  {
    const Socket listener(open_listener(port));
    listening();
    for (bool stopping = false; !stopping;) {
      pollfd entries[2] = {{listener.fd(), POLLIN, 0}, {stop_fd, POLLIN, 0}};
      if (poll(entries, 2, -1) < 0 && errno != EINTR) break;
      stopping = (entries[1].revents & POLLIN) != 0;
      // Whoever is in the queue was accepted by the kernel already: closing the listener would reset them.
      for (int fd; (fd = accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
        ++sessions;
        std::thread([fd, stop_fd, &handler, &sessions] {
          Session(fd, stop_fd, handler).run();
          --sessions;
        }).detach();
      }
    }
  }
  while (sessions > 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

}  // namespace sample
