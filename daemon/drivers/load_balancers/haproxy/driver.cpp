// `loadBalancers: [{name: edge, haproxy: {socket: unix:/run/haproxy/admin.sock, master: unix:/run/haproxy-master.sock,
// url: http://127.0.0.1:8080}}]`, or `haproxy: {managed: …}`
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "daemon/config/address.hpp"
#include "daemon/config/fields.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge.hpp"

namespace teal::haproxy {
namespace {

// `managed: {listen: ["*:80", "*:443"], certificates: /etc/teal/certificates, include: /etc/teal/edge.d,
// directory: /var/lib/teal/edge}`
struct ManagedSettings {
  EdgePlace place;
  std::string certificates;
  std::string include;
};

struct HaproxySettings {
  std::optional<ManagedSettings> managed;  // then there is nothing else
  std::string socket;                      // absolute path of the Runtime API's
  std::string master;                      // absolute path of the master's; empty: it is not given
  std::optional<std::string> traffic_url;  // where its traffic enters
};

// HAProxy's configuration and its command line both take such a path as it stands.
bool is_plain_path(std::string_view path) {
  return std::ranges::all_of(path, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"/._-"}.find(c) != std::string_view::npos;
  });
}

void read_listener(const yaml::Field& field, std::vector<EdgeListener>& out) {
  std::string text;
  if (!yaml::read(field, text)) return;
  const bool is_everywhere = text.starts_with("*:");
  const auto address = config::tcp_address(is_everywhere ? "0.0.0.0" + text.substr(1) : text);
  if (!address || address->port < 1)
    return field.error("expected an address and a port to listen on: \"*:80\", \"127.0.0.1:8080\", \"[::1]:8443\"");
  out.push_back({is_everywhere ? "*" : address->host, address->port, false});
}

// 443, 8443 and the like speak TLS. Where there are certificates and no such port, the last of several does.
void choose_tls(std::vector<EdgeListener>& listen, bool has_certificates) {
  bool any = false;
  for (auto& listener : listen) any = (listener.tls = listener.port % 1000 == 443) || any;
  if (!any && has_certificates && listen.size() > 1) listen.back().tls = true;
}

ManagedSettings read_managed(const yaml::Field& field) {
  ManagedSettings settings;
  yaml::Section section{field};
  const auto listen = section.need("listen");
  const auto listeners = [&](const yaml::Field& item) { read_listener(item, settings.place.listen); };
  if (yaml::each_item(listen, listeners) && listen.node->items.empty())
    listen.error("expected at least one address: \"*:80\"");
  config::read_path(section.get("certificates"), settings.certificates);
  config::read_path(section.get("include"), settings.include);
  choose_tls(settings.place.listen, !settings.certificates.empty());
  const auto directory = section.need("directory");
  constexpr std::size_t longest_name = 12;  // "/master.sock"
  if (config::read_path(directory, settings.place.directory)) {
    if (!is_plain_path(settings.place.directory))
      directory.error(
          "expected a path of letters, digits and / . _ - only, since it is part of HAProxy's configuration");
    if (settings.place.directory.size() + longest_name > config::longest_socket_path)
      directory.error("expected a shorter path: its sockets would have names of over 107 bytes");
  }
  section.finish();
  return settings;
}

HaproxySettings read_haproxy(const yaml::Field& field) {
  HaproxySettings settings;
  yaml::Section section{field};
  if (const auto managed = section.get("managed"); managed.is_given()) {
    settings.managed = read_managed(managed);
    for (const std::string_view key : {"socket", "master", "url"}) {
      if (const auto other = section.get(key); other.is_given())
        other.error(
            "a managed HAProxy has its sockets in its directory, and its traffic enters where it listens: leave this "
            "out");
    }
    section.finish();
    return settings;
  }
  config::read_socket(section.need("socket"), "unix:/run/haproxy/admin.sock", settings.socket);
  config::read_socket(section.get("master"), "unix:/run/haproxy-master.sock", settings.master);
  config::read_url(section.get("url"), settings.traffic_url);
  section.finish();
  return settings;
}

// Where teald's own requests enter: the first listener of plain HTTP. Empty: there is none.
std::string probe_url(const std::vector<EdgeListener>& listen) {
  for (const auto& listener : listen) {
    if (listener.tls) continue;
    const bool is_any = listener.host == "*" || listener.host == "0.0.0.0";
    const bool is_v6 = listener.host.find(':') != std::string::npos;
    const auto host = is_any ? "127.0.0.1" : (listener.host == "::" ? "::1" : listener.host);
    return fmt::format("http://{}{}{}:{}", is_v6 ? "[" : "", host, is_v6 ? "]" : "", listener.port);
  }
  return {};
}

HaproxyWatch watch_of(std::string socket, drivers::DriverContext context) {
  HaproxyWatch watch;
  watch.socket_path = std::move(socket);
  watch.on_change = [changed = std::move(context.changed)] { changed(""); };
  watch.on_state = std::move(context.answers);
  return watch;
}

// Of problems that are there at each look, each once.
class EdgeProblem {
 public:
  void tell(const Result<void>& done, const std::function<void(const std::string&)>& warn) {
    const auto problem = done ? std::string{} : done.error().message;
    if (!problem.empty() && problem != said_ && warn) warn("the managed HAProxy: " + problem);
    said_ = problem;
  }

 private:
  std::string said_;
};

boost::asio::awaitable<void> keep_edge(Edge& edge, std::function<void(const std::string&)> warn) {
  constexpr Duration pause{200};
  EdgeProblem of_certificates;
  EdgeProblem of_includes;
  of_certificates.tell(co_await edge.begin(), warn);
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  for (;;) {
    of_includes.tell(co_await edge.refresh_includes(), warn);
    of_certificates.tell(co_await edge.refresh_certificates(), warn);
    timer.expires_after(pause);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

EdgeOptions edge_options(const ManagedSettings& settings) {
  EdgeOptions options;
  options.place = settings.place;
  if (::geteuid() != 0) options.place.group = static_cast<int>(::getegid());
  options.certificates = settings.certificates;
  options.include = settings.include;
  return options;
}

Result<drivers::LoadBalancerPart> make_managed_part(const ManagedSettings& settings, drivers::DriverContext context) {
  auto options = edge_options(settings);
  options.name = context.name;
  options.telemetry = context.telemetry;
  options.clock = context.clock;
  options.files = context.files;
  options.warn = context.warn;
  if (context.changed) options.changed = [changed = context.changed] { changed(""); };
  auto edge = make_edge(std::move(options));
  drivers::LoadBalancerPart part;
  part.traffic_url = probe_url(settings.place.listen);
  part.tasks.push_back(keep_edge(*edge, context.warn));
  part.tasks.push_back(watch_haproxy(watch_of(settings.place.socket(), std::move(context))));
  part.port = std::move(edge);
  return part;
}

Result<drivers::LoadBalancerPart> make_haproxy_part(const HaproxySettings& settings, drivers::DriverContext context) {
  if (settings.managed) return make_managed_part(*settings.managed, std::move(context));
  drivers::LoadBalancerPart part;
  part.port = make_haproxy(HaproxyOptions{settings.socket, context.telemetry, settings.master, context.clock});
  part.traffic_url = settings.traffic_url.value_or("");
  part.tasks.push_back(watch_haproxy(watch_of(settings.socket, std::move(context))));
  return part;
}

}  // namespace

}  // namespace teal::haproxy

namespace teal::drivers {

void register_load_balancer_haproxy(Drivers& drivers) {
  Driver<MakeLoadBalancer> driver;
  driver.key = "haproxy";
  driver.read = [](const yaml::Field& field) {
    MakeLoadBalancer make;
    auto settings = haproxy::read_haproxy(field);
    make.takes_routes = settings.managed.has_value();
    if (settings.managed)
      make.check = [managed = *settings.managed] { return haproxy::check_includes(haproxy::edge_options(managed)); };
    make.make = [settings = std::move(settings)](DriverContext context) {
      return haproxy::make_haproxy_part(settings, std::move(context));
    };
    return make;
  };
  drivers.load_balancers.push_back(std::move(driver));
}

}  // namespace teal::drivers
