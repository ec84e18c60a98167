// `loadBalancers: [{name: edge, haproxy: {socket: unix:/run/haproxy/admin.sock, master: unix:/run/haproxy-master.sock,
// url: http://127.0.0.1:8080}}]`
#include <optional>

#include "daemon/config/fields.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"

namespace teal::haproxy {
namespace {

struct HaproxySettings {
  std::string socket;                      // absolute path of the Runtime API's
  std::string master;                      // absolute path of the master's; empty: it is not given
  std::optional<std::string> traffic_url;  // where its traffic enters
};

HaproxySettings read_haproxy(const yaml::Field& field) {
  HaproxySettings settings;
  yaml::Section section{field};
  config::read_socket(section.need("socket"), "unix:/run/haproxy/admin.sock", settings.socket);
  config::read_socket(section.get("master"), "unix:/run/haproxy-master.sock", settings.master);
  config::read_url(section.get("url"), settings.traffic_url);
  section.finish();
  return settings;
}

Result<drivers::LoadBalancerPart> make_haproxy_part(const HaproxySettings& settings, drivers::DriverContext context) {
  drivers::LoadBalancerPart part;
  part.port = make_haproxy(HaproxyOptions{settings.socket, context.telemetry, settings.master, context.clock});
  part.traffic_url = settings.traffic_url.value_or("");
  HaproxyWatch watch;
  watch.socket_path = settings.socket;
  watch.on_change = [changed = std::move(context.changed)] { changed(""); };
  watch.on_state = std::move(context.answers);
  part.tasks.push_back(watch_haproxy(std::move(watch)));
  return part;
}

}  // namespace

}  // namespace teal::haproxy

namespace teal::drivers {

void register_load_balancer_haproxy(Drivers& drivers) {
  Driver<Make<LoadBalancerPart>> driver;
  driver.key = "haproxy";
  driver.read = [](const yaml::Field& field) {
    return [settings = haproxy::read_haproxy(field)](DriverContext context) {
      return haproxy::make_haproxy_part(settings, std::move(context));
    };
  };
  drivers.load_balancers.push_back(std::move(driver));
}

}  // namespace teal::drivers
