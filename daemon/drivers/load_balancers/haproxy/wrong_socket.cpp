#include "daemon/drivers/load_balancers/haproxy/wrong_socket.hpp"

#include <fmt/format.h>

#include "daemon/drivers/load_balancers/haproxy/old_processes.hpp"
#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"

namespace teal::haproxy {

using boost::asio::awaitable;

awaitable<std::string> not_a_runtime_api(std::string path, std::string answer, Duration deadline) {
  const auto processes = co_await ask(path, "show proc", deadline);
  if (processes && read_workers(*processes)) {
    co_return fmt::format(
        "haproxy.socket unix:{} is the socket of HAProxy's master (`-S`): give that one as `master: unix:{}`, and as "
        "`socket` the one of `stats socket … level admin` in haproxy.cfg",
        path, path);
  }
  co_return fmt::format(
      "no HAProxy answers at haproxy.socket unix:{}: it says \"{}\"; name the socket of `stats socket … level admin` "
      "in "
      "haproxy.cfg",
      path, shown(answer));
}

awaitable<std::string> not_a_master(std::string path, std::string answer, Duration deadline) {
  const auto info = co_await ask(path, "show info", deadline);
  if (info && !read_info(*info).pid.empty()) {
    co_return fmt::format(
        "haproxy.master unix:{} is the socket of a HAProxy process (`stats socket`), not of the master: name the one "
        "of "
        "`haproxy -W -S …`, or leave `master` out, which makes teald wait for the whole `drain` after a reload",
        path);
  }
  co_return fmt::format(
      "no HAProxy master answers at haproxy.master unix:{}: it says \"{}\"; name the socket of `haproxy -W -S …`, or "
      "leave "
      "`master` out, which makes teald wait for the whole `drain` after a reload",
      path, shown(answer));
}

}  // namespace teal::haproxy
