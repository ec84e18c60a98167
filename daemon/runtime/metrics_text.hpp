// Metrics as text, in both of Prometheus' formats: for daemon/runtime/metrics only.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/runtime/metrics.hpp"

namespace teal::runtime {

// Counters, gauges and histograms; families without series are left out. In OpenMetrics a family's unit is the last
// word of its name when that is "seconds" or "bytes". A thousand applications make a hundred thousand lines: nothing is
// formatted twice, nor through a stream.
class MetricsText {
 public:
  // `expected_size`, in bytes, saves copying.
  explicit MetricsText(Exposition format, std::size_t expected_size = 0);

  void family(const prometheus::MetricFamily& family);

  // A family a series at a time, which are not kept anywhere as prometheus-cpp's. What is said here holds until the
  // next family; its header is written with the first series.
  void begin(std::string_view name, std::string_view help, prometheus::MetricType type);
  // Of the next series, in the order of their names; those without a name are left out.
  void labels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels);
  void sample(double value);
  // `counts` of each bucket alone, and of what is beyond the last bound.
  void histogram(const std::vector<double>& bounds, const std::vector<std::uint64_t>& counts, double sum);

  [[nodiscard]] std::string finish();

 private:
  void header();
  void put_label(std::string_view name, std::string_view value);
  void put_sample(std::string_view suffix, double value);
  void put_bucket(std::size_t nth, double bound, std::uint64_t count);
  void put_count(std::uint64_t value);
  void begin_line(std::string_view suffix);
  [[nodiscard]] std::string number(double value) const;
  [[nodiscard]] std::string_view word_of(prometheus::MetricType type) const;

  bool open_;
  std::string text_;
  std::string labels_;               // of the series at hand
  std::vector<std::string> bounds_;  // of the family at hand
  std::string_view name_;
  std::string_view help_;
  std::string_view total_;  // the suffix of its samples
  prometheus::MetricType type_{};
  bool is_begun_ = false;
};

}  // namespace teal::runtime
