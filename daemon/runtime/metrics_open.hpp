// Metrics as OpenMetrics text, version 1.0.0: for daemon/runtime/metrics only.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

namespace teal {

// Counters, gauges and histograms. A family's unit is the last word of its name when that is "seconds" or "bytes".
[[nodiscard]] std::string open_metrics(const std::vector<prometheus::MetricFamily>& families);

}  // namespace teal
