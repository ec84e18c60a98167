#include "tests/benchmark/scale/readers.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/support/process.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

int connected(int port) {
  const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval patience{10, 0};
  ::setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return file;
  ::close(file);
  return -1;
}

std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"; }

// One answer with a Content-Length; what came behind it stays in `buffer`. The status, 0: none came.
int read_answer(int file, std::string& buffer) {
  std::array<char, 64 << 10> piece;
  for (std::size_t whole = 0;;) {
    const auto head = buffer.find("\r\n\r\n");
    if (head != std::string::npos && whole == 0) {
      const auto length = buffer.find("Content-Length: ");
      if (length > head) return 0;
      whole = head + 4 + static_cast<std::size_t>(std::atol(buffer.c_str() + length + 16));
    }
    if (whole > 0 && buffer.size() >= whole) {
      const int status = std::atoi(buffer.c_str() + 9);
      buffer.erase(0, whole);
      return status;
    }
    const auto count = ::recv(file, piece.data(), piece.size(), 0);
    if (count <= 0) return 0;
    buffer.append(piece.data(), static_cast<std::size_t>(count));
  }
}

void ask(int port, const std::string& request, std::atomic<long>& left, std::atomic<std::size_t>& answers,
         std::atomic<std::size_t>& failed) {
  int file = connected(port);
  std::string buffer;
  while (left.fetch_sub(1) > 0) {
    const bool sent = ::send(file, request.data(), request.size(), MSG_NOSIGNAL) == std::ssize(request);
    if (sent && read_answer(file, buffer) == 200) {
      ++answers;
      continue;
    }
    ++failed;
    if (file >= 0) ::close(file);
    file = connected(port);
    buffer.clear();
  }
  if (file >= 0) ::close(file);
}

// Until `over`: when each stream first said what is waited for.
class Streams {
 public:
  Streams(int port, int count, const std::string& target) {
    const auto request = get(target);
    for (int i = 0; i < count; ++i) {
      const int file = connected(port);
      if (file < 0) continue;
      if (::send(file, request.data(), request.size(), MSG_NOSIGNAL) != std::ssize(request)) {
        ::close(file);
        continue;
      }
      waits_.push_back({file, POLLIN, 0});
    }
    texts_.resize(waits_.size());
  }
  ~Streams() {
    for (const auto& wait : waits_) ::close(wait.fd);
  }
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  // How long each took that said `mark` within the time, in ms.
  std::vector<double> until_all_say(const std::string& mark, Clock::time_point begun, Clock::duration longest) {
    std::vector<double> took;
    std::vector<bool> said(waits_.size(), false);
    std::array<char, 64 << 10> piece;
    while (took.size() < waits_.size() && Clock::now() < begun + longest) {
      if (::poll(waits_.data(), waits_.size(), 100) <= 0) continue;
      for (std::size_t i = 0; i < waits_.size(); ++i) {
        if (waits_[i].revents == 0) continue;
        const auto count = ::recv(waits_[i].fd, piece.data(), piece.size(), MSG_DONTWAIT);
        if (count <= 0) continue;
        auto& text = texts_[i];
        text.append(piece.data(), static_cast<std::size_t>(count));
        if (!said[i] && text.find(mark) != std::string::npos) {
          said[i] = true;
          took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
        }
        if (text.size() > mark.size()) text.erase(0, text.size() - mark.size());
      }
    }
    return took;
  }

  [[nodiscard]] int size() const { return static_cast<int>(waits_.size()); }

 private:
  std::vector<pollfd> waits_;
  std::vector<std::string> texts_;
};

std::string nginx_configuration(const std::string& folder, int port) {
  return fmt::format(
      "daemon off;\nworker_processes 1;\npid {0}/nginx.pid;\nerror_log {0}/nginx.log;\n"
      "events {{ worker_connections 256; }}\n"
      "http {{\n  access_log off;\n  default_type application/json;\n  keepalive_requests 10000000;\n"
      "  tcp_nodelay on;\n  client_body_temp_path {0}/body;\n  proxy_temp_path {0}/proxy;\n"
      "  fastcgi_temp_path {0}/fastcgi;\n  uwsgi_temp_path {0}/uwsgi;\n  scgi_temp_path {0}/scgi;\n"
      "  server {{ listen 127.0.0.1:{1}; root {0}/files; }}\n}}\n",
      folder, port);
}

// The worker's, which does the work; its parent only waits.
pid_t child_of(pid_t parent) {
  const auto text = read_text(fmt::format("/proc/{0}/task/{0}/children", parent));
  return text.empty() ? parent : static_cast<pid_t>(std::atoi(text.c_str()));
}

}  // namespace

double cpu_seconds(pid_t pid) {
  const auto text = read_text(fmt::format("/proc/{}/stat", pid));
  auto at = text.rfind(')');
  long ticks = 0;
  for (int field = 2; field <= 14 && at != text.npos; ++field) {
    at = text.find(' ', at + 1);
    if (field >= 13) ticks += std::atol(text.c_str() + at + 1);  // utime and stime
  }
  return static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Rate ask_many(int port, const std::string& target, std::size_t requests, int clients, pid_t server) {
  std::atomic<long> left = static_cast<long>(requests);
  std::atomic<std::size_t> answers = 0;
  std::atomic<std::size_t> failed = 0;
  const auto request = get(target);
  const auto cpu = cpu_seconds(server);
  const auto begun = Clock::now();
  std::vector<std::thread> all;
  for (int i = 0; i < clients; ++i) all.emplace_back([&] { ask(port, request, left, answers, failed); });
  for (auto& one : all) one.join();
  Rate rate;
  rate.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  rate.server_cpu = cpu_seconds(server) - cpu;
  rate.answers = answers;
  rate.failed = failed;
  return rate;
}

std::string read_whole(int port, const std::string& target) {
  const int file = connected(port);
  const auto request = "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  std::string text;
  std::array<char, 64 << 10> piece;
  if (::send(file, request.data(), request.size(), MSG_NOSIGNAL) == std::ssize(request)) {
    for (ssize_t count = 0; (count = ::recv(file, piece.data(), piece.size(), 0)) > 0;)
      text.append(piece.data(), static_cast<std::size_t>(count));
  }
  if (file >= 0) ::close(file);
  const auto head = text.find("\r\n\r\n");
  text.erase(0, head == text.npos ? text.size() : head + 4);
  return text;
}

Rate ask_nginx(const std::string& folder, const std::string& body, std::size_t requests, int clients) {
  std::string program;
  for (const auto* place : {"/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"}) {
    if (program.empty() && fs::exists(place)) program = place;
  }
  if (program.empty()) return {};
  fs::create_directories(folder + "/files");
  // Its worker is another user as a rule.
  fs::permissions(folder, fs::perms{0755});
  std::ofstream{folder + "/files/status.json"} << body;
  const int port = free_port();
  std::ofstream{folder + "/nginx.conf"} << nginx_configuration(folder, port);
  Process nginx{{{program, "-p", folder, "-c", folder + "/nginx.conf"}, {}, "", "", folder + "/nginx.log"}};
  for (int i = 0; i < 100; ++i) {
    const int file = connected(port);
    if (file >= 0) {
      ::close(file);
      break;
    }
    std::this_thread::sleep_for(50ms);
  }
  auto rate = ask_many(port, "/status.json", requests, clients, child_of(nginx.pid()));
  nginx.signal(SIGTERM);
  (void)nginx.wait(5s);
  return rate;
}

Told watch_changes(int port, const std::string& version, int watchers, int changes,
                   const std::function<void(int)>& change, const std::function<std::string(int)>& mark) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  Streams streams{port, watchers, "/apis/teal/v1/applications?watch=true&resourceVersion=" + version};
  (void)streams.until_all_say("BOOKMARK", Clock::now(), 30s);
  Told told;
  told.watchers = streams.size();
  std::vector<double> all;
  for (int i = 0; i < changes; ++i) {
    const auto begun = Clock::now();
    change(i);
    const auto took = streams.until_all_say(mark(i), begun, 10s);
    all.insert(all.end(), took.begin(), took.end());
    told.wanted += static_cast<std::size_t>(watchers);
  }
  told.told = all.size();
  std::ranges::sort(all);
  if (!all.empty()) {
    told.longest = all.back();
    told.p99 = all[static_cast<std::size_t>(0.99 * static_cast<double>(all.size() - 1))];
  }
  return told;
}

}  // namespace teal::test
