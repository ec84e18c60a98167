// `loadBalancers: [{name: edge, haproxy: {socket: unix:/run/haproxy/admin.sock, url: http://127.0.0.1:8080}}]`
#include <optional>

#include "daemon/config/fields.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"

namespace teal {
namespace {

struct HaproxySettings {
  std::string socket;                      // absolute path of the Runtime API's
  std::optional<std::string> traffic_url;  // where its traffic enters
};

HaproxySettings read_haproxy(const yaml::Field& field) {
  HaproxySettings settings;
  yaml::Section section{field};
  read_socket(section.need("socket"), "unix:/run/haproxy/admin.sock", settings.socket);
  read_url(section.get("url"), settings.traffic_url);
  section.finish();
  return settings;
}

Result<LoadBalancerPart> make_haproxy_part(const HaproxySettings& settings, DriverContext context) {
  LoadBalancerPart part;
  part.port = make_haproxy(HaproxyOptions{settings.socket, context.telemetry});
  part.traffic_url = settings.traffic_url.value_or("");
  HaproxyWatch watch;
  watch.socket_path = settings.socket;
  watch.on_change = [changed = std::move(context.changed)] { changed(""); };
  watch.on_state = std::move(context.answers);
  part.tasks.push_back(watch_haproxy(std::move(watch)));
  return part;
}

}  // namespace

void register_load_balancer_haproxy(Drivers& drivers) {
  Driver<Make<LoadBalancerPart>> driver;
  driver.key = "haproxy";
  driver.read = [](const yaml::Field& field) {
    return [settings = read_haproxy(field)](DriverContext context) {
      return make_haproxy_part(settings, std::move(context));
    };
  };
  drivers.load_balancers.push_back(std::move(driver));
}

}  // namespace teal
