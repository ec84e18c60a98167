#include "daemon/runtime/metrics_open.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <string_view>

namespace teal {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

// Always with a point or an exponent, as the canonical form of `le` asks for.
std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  auto text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

// A counter's family has the name without the suffix that its samples bear.
std::string_view family_name(const prometheus::MetricFamily& family) {
  std::string_view name = family.name;
  if (family.type == MetricType::Counter && name.ends_with("_total")) name.remove_suffix(6);
  return name;
}

std::string_view unit_of(std::string_view name) {
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (name.ends_with(unit) && name.size() > unit.size() && name[name.size() - unit.size() - 1] == '_') return unit;
  }
  return {};
}

std::string_view word_of(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Summary:
      return "summary";
    case MetricType::Untyped:
      return "unknown";
  }
  return "unknown";
}

class Writer {
 public:
  void family(const prometheus::MetricFamily& family) {
    const auto name = family_name(family);
    write("# TYPE {} {}\n", name, word_of(family.type));
    if (const auto unit = unit_of(name); !unit.empty()) write("# UNIT {} {}\n", name, unit);
    write("# HELP {} {}\n", name, escaped(family.help));
    for (const auto& metric : family.metric) {
      labels_.clear();
      for (const auto& label : metric.label) {
        labels_ += fmt::format("{}{}=\"{}\"", labels_.empty() ? "" : ",", label.name, escaped(label.value));
      }
      if (family.type == MetricType::Counter) {
        sample(name, "_total", number(metric.counter.value));
      } else if (family.type == MetricType::Histogram) {
        histogram(name, metric.histogram);
      } else {
        sample(name, "", number(metric.gauge.value));
      }
    }
  }

  [[nodiscard]] std::string finish() {
    text_ += "# EOF\n";
    return std::move(text_);
  }

 private:
  void histogram(std::string_view name, const ClientMetric::Histogram& histogram) {
    bool infinite = false;
    for (const auto& bucket : histogram.bucket) {
      bucket_sample(name, bucket.upper_bound, bucket.cumulative_count);
      infinite = infinite || std::isinf(bucket.upper_bound);
    }
    if (!infinite) bucket_sample(name, INFINITY, histogram.sample_count);
    sample(name, "_count", std::to_string(histogram.sample_count));
    sample(name, "_sum", number(histogram.sample_sum));
  }

  void bucket_sample(std::string_view name, double bound, std::uint64_t count) {
    write("{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels_, labels_.empty() ? "" : ",", number(bound), count);
  }

  void sample(std::string_view name, std::string_view suffix, std::string_view value) {
    if (labels_.empty()) {
      write("{}{} {}\n", name, suffix, value);
    } else {
      write("{}{}{{{}}} {}\n", name, suffix, labels_, value);
    }
  }

  template <class... Arguments>
  void write(fmt::format_string<Arguments...> pattern, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), pattern, std::forward<Arguments>(arguments)...);
  }

  std::string text_;
  std::string labels_;  // of the metric at hand
};

}  // namespace

std::string open_metrics(const std::vector<prometheus::MetricFamily>& families) {
  Writer writer;
  for (const auto& family : families) {
    if (!family.metric.empty()) writer.family(family);
  }
  return writer.finish();
}

}  // namespace teal
