// Metrics as text, in both of Prometheus' formats: for daemon/runtime/metrics only.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "daemon/runtime/metrics.hpp"

namespace teal::runtime {

// Counters, gauges and histograms; families without series are left out. In OpenMetrics a family's unit is the last
// word of its name when that is "seconds" or "bytes". `expected_size`, in bytes, saves copying.
[[nodiscard]] std::string metrics_text(const std::vector<prometheus::MetricFamily>& families, Exposition format,
                                       std::size_t expected_size = 0);

}  // namespace teal::runtime
