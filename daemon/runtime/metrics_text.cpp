#include "daemon/runtime/metrics_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

namespace teal::runtime {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\' || (c == '"' && quotes)) out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

std::string_view unit_of(std::string_view name) {
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (name.ends_with(unit) && name.size() > unit.size() && name[name.size() - unit.size() - 1] == '_') return unit;
  }
  return {};
}

// A thousand applications make a hundred thousand lines: nothing is formatted twice, nor through a stream.
class Writer {
 public:
  Writer(Exposition format, std::size_t expected_size) : open_(format == Exposition::OpenMetrics) {
    text_.reserve(expected_size);
  }

  void family(const MetricFamily& family) {
    // In OpenMetrics a counter's family has the name without the suffix that its samples bear.
    std::string_view name = family.name;
    std::string_view total = "";
    if (open_ && family.type == MetricType::Counter) {
      if (name.ends_with("_total")) name.remove_suffix(6);
      total = "_total";
    }
    header(name, family);
    bounds_.clear();
    for (const auto& metric : family.metric) {
      read_labels(metric);
      if (family.type == MetricType::Counter) {
        sample(name, total, metric.counter.value);
      } else if (family.type == MetricType::Histogram) {
        histogram(name, metric.histogram);
      } else {
        sample(name, "", metric.gauge.value);
      }
    }
  }

  [[nodiscard]] std::string finish() {
    if (open_) text_ += "# EOF\n";
    return std::move(text_);
  }

 private:
  void header(std::string_view name, const MetricFamily& family) {
    put("# TYPE ", name, " ", word_of(family.type), "\n");
    if (const auto unit = unit_of(name); open_ && !unit.empty()) put("# UNIT ", name, " ", unit, "\n");
    put("# HELP ", name, " ");
    append_escaped(text_, family.help, open_);
    text_ += '\n';
  }

  [[nodiscard]] std::string_view word_of(MetricType type) const {
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
        return open_ ? "unknown" : "untyped";
    }
    return "untyped";
  }

  void read_labels(const ClientMetric& metric) {
    labels_.clear();
    for (const auto& label : metric.label) {
      if (!labels_.empty()) labels_ += ',';
      labels_ += label.name;
      labels_ += "=\"";
      append_escaped(labels_, label.value, true);
      labels_ += '"';
    }
  }

  void histogram(std::string_view name, const ClientMetric::Histogram& histogram) {
    // The series of a family have the same bounds: they are written once.
    for (std::size_t i = bounds_.size(); i < histogram.bucket.size(); ++i) {
      bounds_.push_back("le=\"" + number(histogram.bucket[i].upper_bound) + "\"} ");
    }
    for (std::size_t i = 0; i < histogram.bucket.size(); ++i) {
      put(name, "_bucket{", labels_, labels_.empty() ? "" : ",", bounds_[i]);
      count(histogram.bucket[i].cumulative_count);
    }
    begin(name, "_count");
    count(histogram.sample_count);
    sample(name, "_sum", histogram.sample_sum);
  }

  void sample(std::string_view name, std::string_view suffix, double value) {
    begin(name, suffix);
    put(number(value), "\n");
  }

  void begin(std::string_view name, std::string_view suffix) {
    put(name, suffix);
    if (!labels_.empty()) put("{", labels_, "}");
    text_ += ' ';
  }

  void count(std::uint64_t value) {
    const fmt::format_int digits(value);
    put(std::string_view{digits.data(), digits.size()}, "\n");
  }

  // In OpenMetrics always with a point or an exponent, as the canonical form of `le` asks for.
  [[nodiscard]] std::string number(double value) const {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    auto text = fmt::format("{}", value);
    if (open_ && text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
  }

  template <class... Pieces>
  void put(const Pieces&... pieces) {
    (text_.append(pieces), ...);
  }

  bool open_;
  std::string text_;
  std::string labels_;               // of the metric at hand
  std::vector<std::string> bounds_;  // of the family at hand
};

}  // namespace

std::string metrics_text(const std::vector<MetricFamily>& families, Exposition format, std::size_t expected_size) {
  Writer writer(format, expected_size);
  for (const auto& family : families) {
    if (!family.metric.empty()) writer.family(family);
  }
  return writer.finish();
}

}  // namespace teal::runtime
