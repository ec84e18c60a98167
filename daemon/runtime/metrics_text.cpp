#include "daemon/runtime/metrics_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

namespace teal::runtime {
namespace {

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

template <class... Pieces>
void put_all(std::string& out, const Pieces&... pieces) {
  (out.append(pieces), ...);
}

std::string_view unit_of(std::string_view name) {
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (name.ends_with(unit) && name.size() > unit.size() && name[name.size() - unit.size() - 1] == '_') return unit;
  }
  return {};
}

}  // namespace

MetricsText::MetricsText(Exposition format, std::size_t expected_size) : open_(format == Exposition::OpenMetrics) {
  text_.reserve(expected_size);
}

void MetricsText::family(const MetricFamily& family) {
  if (family.metric.empty()) return;
  begin(family.name, family.help, family.type);
  for (const auto& metric : family.metric) {
    labels_.clear();
    for (const auto& label : metric.label) put_label(label.name, label.value);
    header();
    if (family.type == MetricType::Counter) {
      put_sample(total_, metric.counter.value);
    } else if (family.type == MetricType::Histogram) {
      const auto& its = metric.histogram;
      for (std::size_t i = 0; i < its.bucket.size(); ++i) {
        put_bucket(i, its.bucket[i].upper_bound, its.bucket[i].cumulative_count);
      }
      begin_line("_count");
      put_count(its.sample_count);
      put_sample("_sum", its.sample_sum);
    } else {
      put_sample("", metric.gauge.value);
    }
  }
}

void MetricsText::begin(std::string_view name, std::string_view help, MetricType type) {
  name_ = name;
  help_ = help;
  type_ = type;
  total_ = "";
  // In OpenMetrics a counter's family has the name without the suffix that its samples bear.
  if (open_ && type == MetricType::Counter) {
    if (name_.ends_with("_total")) name_.remove_suffix(6);
    total_ = "_total";
  }
  bounds_.clear();
  is_begun_ = false;
}

void MetricsText::labels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  labels_.clear();
  for (const auto& [name, value] : labels) {
    if (!name.empty()) put_label(name, value);
  }
}

void MetricsText::sample(double value) {
  header();
  put_sample(total_, value);
}

void MetricsText::histogram(const std::vector<double>& bounds, const std::vector<std::uint64_t>& counts, double sum) {
  header();
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    so_far += counts[i];
    put_bucket(i, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity(), so_far);
  }
  begin_line("_count");
  put_count(so_far);
  put_sample("_sum", sum);
}

std::string MetricsText::finish() {
  if (open_) text_ += "# EOF\n";
  return std::move(text_);
}

void MetricsText::header() {
  if (std::exchange(is_begun_, true)) return;
  put_all(text_, "# TYPE ", name_, " ", word_of(type_), "\n");
  if (const auto unit = unit_of(name_); open_ && !unit.empty()) put_all(text_, "# UNIT ", name_, " ", unit, "\n");
  put_all(text_, "# HELP ", name_, " ");
  append_escaped(text_, help_, open_);
  text_ += '\n';
}

std::string_view MetricsText::word_of(MetricType type) const {
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

void MetricsText::put_label(std::string_view name, std::string_view value) {
  if (!labels_.empty()) labels_ += ',';
  put_all(labels_, name, "=\"");
  append_escaped(labels_, value, true);
  labels_ += '"';
}

// The series of a family have the same bounds: they are written once.
void MetricsText::put_bucket(std::size_t nth, double bound, std::uint64_t count) {
  if (nth >= bounds_.size()) bounds_.push_back("le=\"" + number(bound) + "\"} ");
  put_all(text_, name_, "_bucket{", labels_, labels_.empty() ? "" : ",", bounds_[nth]);
  put_count(count);
}

void MetricsText::put_sample(std::string_view suffix, double value) {
  begin_line(suffix);
  put_all(text_, number(value), "\n");
}

void MetricsText::begin_line(std::string_view suffix) {
  put_all(text_, name_, suffix);
  if (!labels_.empty()) put_all(text_, "{", labels_, "}");
  text_ += ' ';
}

void MetricsText::put_count(std::uint64_t value) {
  const fmt::format_int digits(value);
  put_all(text_, std::string_view{digits.data(), digits.size()}, "\n");
}

// In OpenMetrics always with a point or an exponent, as the canonical form of `le` asks for.
std::string MetricsText::number(double value) const {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  auto text = fmt::format("{}", value);
  if (open_ && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace teal::runtime
