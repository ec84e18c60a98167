// `tracing: {otlp: {url: http://collector:4318, headers: {…}}}`
#include <algorithm>
#include <array>

#include "daemon/config/fields.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/drivers/tracing/otlp/exporter.hpp"
#include "daemon/drivers/tracing/rollout_tracer.hpp"

namespace teal::otlp {
namespace {

// What an HTTP header may be called, and what it may not: those that say how the body is sent are teald's.
bool is_header_name(std::string_view name) {
  static constexpr std::array<std::string_view, 5> own{"content-type", "content-length", "host", "connection",
                                                       "transfer-encoding"};
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+.^_`|~-";
  std::string lower;
  for (const char c : name) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return !lower.empty() && lower.find_first_not_of(letters) == std::string::npos &&
         std::ranges::find(own, lower) == own.end();
}

}  // namespace

OtlpSettings read_otlp(const yaml::Field& field) {
  OtlpSettings settings;
  yaml::Section section{field};
  std::optional<std::string> url;
  config::read_url(section.need("url"), url);
  settings.url = url.value_or("");
  if (const auto headers = section.get("headers"); headers.is_given()) {
    for (const auto& [name, value] : yaml::Section{headers}.all()) {
      if (!is_header_name(name)) value.error(yaml::in_quotes(name) + " is not a header that can be set here");
      config::read_source(value, settings.headers[name]);
    }
  }
  section.finish();
  return settings;
}

namespace {

Result<drivers::TracerPart> make_otlp_part(const OtlpSettings& settings, drivers::DriverContext context) {
  auto endpoint = http::parse_endpoint(settings.url);
  if (!endpoint) return within("teald.yaml: tracing.otlp.url", endpoint.error());
  ExporterOptions options;
  options.endpoint = std::move(*endpoint);
  options.headers.assign(settings.headers.begin(), settings.headers.end());
  options.instance = context.owner;
  options.secrets = context.secrets;
  options.telemetry = context.telemetry;
  options.warn = std::move(context.warn);
  const auto exporter = std::make_shared<SpanExporter>(std::move(context.executor), std::move(options));
  drivers::TracerPart part;
  part.port = std::make_unique<tracing::RolloutTracer>(
      std::move(context.owner), *context.clock, [exporter](tracing::Span span) { exporter->add(std::move(span)); });
  part.tasks.push_back(exporter->run());
  part.flush = [exporter](Duration limit) { return exporter->flush(limit); };
  return part;
}

}  // namespace

}  // namespace teal::otlp

namespace teal::drivers {

void register_tracing_otlp(Drivers& drivers) {
  Driver<Make<TracerPart>> driver;
  driver.key = "otlp";
  driver.read = [](const yaml::Field& field) {
    return [settings = otlp::read_otlp(field)](DriverContext context) {
      return otlp::make_otlp_part(settings, std::move(context));
    };
  };
  drivers.tracers.push_back(std::move(driver));
}

}  // namespace teal::drivers
