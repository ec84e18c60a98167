// `prometheus: {url: http://127.0.0.1:9090, token: …, ca: …}`
#include "daemon/config/fields.hpp"
#include "daemon/drivers/analysis/prometheus/prometheus_analyst.hpp"
#include "daemon/drivers/drivers.hpp"

namespace teal::analysis {

PrometheusSettings read_prometheus(const yaml::Field& field) {
  PrometheusSettings settings;
  yaml::Section section{field};
  std::optional<std::string> url;
  config::read_url(section.need("url"), url);
  settings.url = url.value_or("");
  if (spec::ValueSource token; config::read_source(section.get("token"), token)) settings.token = std::move(token);
  const auto ca = section.get("ca");
  config::read_path(ca, settings.ca);
  if (settings.ca && !settings.url.empty() && !settings.url.starts_with("https://")) {
    ca.error("authorities are for https:// only: the url has no TLS");
  }
  section.finish();
  return settings;
}

namespace {

Result<drivers::Part<ports::Analyst>> make_prometheus_part(const PrometheusSettings& settings,
                                                           drivers::DriverContext context) {
  auto endpoint = http::parse_endpoint(settings.url);
  if (!endpoint) return within("teald.yaml: prometheus.url", endpoint.error());
  PrometheusOptions options;
  options.endpoint = std::move(*endpoint);
  options.tls.authorities = settings.ca.value_or("");
  options.token = settings.token;
  options.secrets = context.secrets;
  options.clock = context.clock;
  options.telemetry = context.telemetry;
  options.wake = std::move(context.changed);
  return drivers::Part<ports::Analyst>{make_prometheus_analyst(std::move(context.executor), std::move(options))};
}

}  // namespace

}  // namespace teal::analysis

namespace teal::drivers {

void register_analysis_prometheus(Drivers& drivers) {
  Driver<Make<Part<ports::Analyst>>> driver;
  driver.key = "prometheus";
  driver.read = [](const yaml::Field& field) {
    return [settings = analysis::read_prometheus(field)](DriverContext context) {
      return analysis::make_prometheus_part(settings, std::move(context));
    };
  };
  drivers.analysts.push_back(std::move(driver));
}

}  // namespace teal::drivers
