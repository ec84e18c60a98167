#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include "daemon/runtime/metrics.hpp"

namespace teal::test {
namespace {

constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

// Reads OpenMetrics 1.0.0 as strictly as its text says; the first thing that is wrong is `problem`.
class StrictReader {
 public:
  explicit StrictReader(const std::string& text) {
    if (!text.ends_with("# EOF\n")) {
      fail("", "no end");
      return;
    }
    std::istringstream lines(text.substr(0, text.size() - 6));
    for (std::string line; std::getline(lines, line) && problem.empty();) {
      line.starts_with("# ") ? header(line) : sample(line);
    }
    finish_family();
  }

  std::string problem;
  std::map<std::string, std::string> types;
  std::map<std::string, std::string> units;
  std::map<std::string, std::string> samples;  // "name{labels}" → value

 private:
  void fail(const std::string& line, const std::string& why) {
    if (problem.empty()) problem = why + ": " + line;
  }

  void header(const std::string& line) {
    std::istringstream words(line);
    std::string hash, keyword, name, rest;
    words >> hash >> keyword >> name;
    std::getline(words, rest);
    if (rest.empty() || rest.front() != ' ') return fail(line, "header without a value");
    rest.erase(0, 1);
    if (name != family_) {
      finish_family();
      if (types.contains(name)) return fail(line, "family in two pieces");
      if (keyword != "TYPE") return fail(line, "family without a type first");
      family_ = name;
    } else if (!sampled_.empty()) {
      return fail(line, "header after samples");
    }
    if (keyword == "TYPE") {
      if (!std::set<std::string>{"counter", "gauge", "histogram"}.contains(rest)) return fail(line, "type");
      if (rest == "counter" && name.ends_with("_total")) return fail(line, "a counter's family has no suffix");
      types[name] = rest;
    } else if (keyword == "UNIT") {
      if (!name.ends_with("_" + rest)) return fail(line, "unit is not the name's suffix");
      units[name] = rest;
    } else if (keyword != "HELP") {
      fail(line, "unknown header");
    }
  }

  void sample(const std::string& line) {
    const auto name = line.substr(0, line.find_first_not_of(name_characters));
    auto at = name.size();
    std::string labels;
    std::string le;
    if (at < line.size() && line[at] == '{') {
      const auto begin = ++at;
      while (at < line.size() && line[at] != '}') {
        if (!label(line, at, le)) return;
      }
      labels = line.substr(begin, at - begin);
      ++at;
    }
    if (at >= line.size() || line[at] != ' ') return fail(line, "no value");
    const auto value = line.substr(at + 1);
    if (!is_number(value)) return fail(line, "no number");
    if (!name.starts_with(family_)) return fail(line, "sample of another family");
    const auto suffix = name.substr(family_.size());
    const auto& type = types[family_];
    const std::set<std::string> allowed = type == "counter" ? std::set<std::string>{"_total"}
                                          : type == "gauge" ? std::set<std::string>{""}
                                                            : std::set<std::string>{"_bucket", "_count", "_sum"};
    if (!allowed.contains(suffix)) return fail(line, "suffix does not fit the type");
    if (!samples.emplace(name + "{" + labels + "}", value).second) return fail(line, "twice");
    sampled_.insert(name);
    if (type == "histogram") histogram(line, suffix, le, value);
  }

  bool label(const std::string& line, std::size_t& at, std::string& le) {
    const auto equals = line.find('=', at);
    if (equals == std::string::npos || line.find_first_not_of(name_characters, at) != equals) {
      return fail(line, "label's name"), false;
    }
    const auto name = line.substr(at, equals - at);
    at = equals + 1;
    if (at >= line.size() || line[at] != '"') return fail(line, "label without quotes"), false;
    std::string value;
    for (++at; at < line.size() && line[at] != '"'; ++at) {
      if (line[at] == '\\' && std::string("\\\"n").find(line[++at]) == std::string::npos) {
        return fail(line, "escape"), false;
      }
      value += line[at];
    }
    if (++at >= line.size()) return fail(line, "label without an end"), false;
    if (name == "le") le = value;
    if (line[at] == ',') ++at;
    return true;
  }

  static bool is_number(const std::string& text) {
    if (text == "+Inf" || text == "-Inf" || text == "NaN") return true;
    double value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
  }

  void histogram(const std::string& line, const std::string& suffix, const std::string& le, const std::string& value) {
    if (suffix == "_bucket") {
      if (le.find_first_of(".eI") == std::string::npos) return fail(line, "le is not canonical");
      const double count = std::stod(value);
      if (count < bucket_) return fail(line, "buckets do not grow");
      bucket_ = count;
      last_le_ = le;
    } else if (suffix == "_count") {
      if (last_le_ != "+Inf" || std::stod(value) != bucket_) fail(line, "count is not the last bucket's");
      bucket_ = 0;
      last_le_.clear();
    }
  }

  void finish_family() {
    if (!family_.empty() && sampled_.empty()) fail(family_, "family without samples");
    sampled_.clear();
  }

  std::string family_;
  std::set<std::string> sampled_;
  double bucket_ = 0;
  std::string last_le_;
};

void fill(runtime::Metrics& metrics) {
  ports::ApplicationGauges gauges;
  gauges.phase = "Healthy";
  gauges.active_version = "1.0 \"quoted\" \\ and\nbroken";
  gauges.replicas = {{"api", "active", "ready", 2}};
  gauges.servers = {{"api", "up", 2}};
  metrics.application("shop", gauges);
  metrics.rollout_finished("shop", "Complete", ports::Seconds{12});
  metrics.traffic_probe("shop", "api", "success", ports::Seconds{0.002});
  metrics.load_balancer_errors("shop", "api", 2);
  metrics.dependency("engine", "list", "ok", ports::Seconds{100});
  metrics.reconcile_error("Timeout");
}

TEST(OpenMetrics, AStrictReaderUnderstandsAllOfIt) {
  runtime::Metrics metrics;
  fill(metrics);
  const auto text = metrics.expose(runtime::Exposition::OpenMetrics);
  StrictReader reader(text);
  EXPECT_EQ(reader.problem, "");
  EXPECT_EQ(reader.types.at("teal_rollouts"), "counter");
  EXPECT_EQ(reader.types.at("process_cpu_seconds"), "counter");
  EXPECT_EQ(reader.types.at("teal_traffic_probe_duration_seconds"), "histogram");
  EXPECT_EQ(reader.units.at("teal_rollout_duration_seconds"), "seconds");
  EXPECT_EQ(reader.units.at("process_resident_memory_bytes"), "bytes");
  EXPECT_FALSE(reader.units.contains("teal_replicas"));
  EXPECT_EQ(reader.samples.at(R"(teal_load_balancer_errors_total{application="shop",component="api"})"), "2.0");
  EXPECT_NE(text.find(R"(active_version="1.0 \"quoted\" \\ and\nbroken")"), std::string::npos);
  EXPECT_NE(text.find(R"(le="1.0")"), std::string::npos);
}

TEST(OpenMetrics, TheReaderOfThisTestIsStrict) {
  const auto problem = [](const std::string& text) { return StrictReader(text).problem; };
  EXPECT_NE(problem("# TYPE a gauge\na 1\n"), "");
  EXPECT_NE(problem("# TYPE a_total counter\na_total 1\n# EOF\n"), "");
  EXPECT_NE(problem("# TYPE a counter\na 1\n# EOF\n"), "");
  EXPECT_NE(problem("# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n"), "");
  EXPECT_NE(problem("# TYPE a gauge\na 1\na 1\n# EOF\n"), "");
  EXPECT_NE(problem("# TYPE a gauge\na{b=\"\\x\"} 1\n# EOF\n"), "");
  EXPECT_NE(problem("# TYPE a histogram\na_bucket{le=\"1\"} 1\n# EOF\n"), "");
  EXPECT_EQ(problem("# TYPE a gauge\na{b=\"\\\\\"} 1\n# EOF\n"), "");
}

TEST(OpenMetrics, BothFormatsSayTheSame) {
  runtime::Metrics metrics;
  fill(metrics);
  metrics.forget("shop");
  EXPECT_EQ(metrics.expose().find("shop"), std::string::npos);
  EXPECT_EQ(metrics.expose(runtime::Exposition::OpenMetrics).find("shop"), std::string::npos);
  EXPECT_EQ(metrics.expose().find("# EOF"), std::string::npos);
}

TEST(OpenMetrics, IsAnsweredToThoseWhoLikeItBest) {
  const auto open = [](std::string_view accept) {
    return runtime::exposition_for(accept) == runtime::Exposition::OpenMetrics;
  };
  EXPECT_TRUE(open("application/openmetrics-text"));
  EXPECT_TRUE(
      open("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
           "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
  EXPECT_TRUE(open("text/plain;q=0.3, Application/OpenMetrics-Text; Version=1.0.0; q=0.4"));
  EXPECT_FALSE(open(""));
  EXPECT_FALSE(open("*/*"));
  EXPECT_FALSE(open("text/html"));
  EXPECT_FALSE(open("application/openmetrics-text;version=2.0.0"));
  EXPECT_FALSE(open("application/openmetrics-text;q=0"));
  EXPECT_FALSE(open("application/openmetrics-text;q=nonsense"));
  EXPECT_FALSE(open("application/openmetrics-text;q=0.4,text/plain;q=0.5"));
  EXPECT_FALSE(open(";;;,=,;q=,,"));
  EXPECT_EQ(content_type(runtime::Exposition::OpenMetrics),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

TEST(OpenMetrics, SeriesThatStayKeepTheirPlaceAndOthersGo) {
  runtime::Metrics metrics;
  fill(metrics);
  ports::ApplicationGauges gauges;
  gauges.phase = "Healthy";
  gauges.replicas = {{"api", "active", "starting", 1}};
  metrics.application("shop", gauges);
  StrictReader reader(metrics.expose(runtime::Exposition::OpenMetrics));
  EXPECT_EQ(reader.problem, "");
  EXPECT_FALSE(
      reader.samples.contains(R"(teal_replicas{application="shop",component="api",role="active",state="ready"})"));
  EXPECT_EQ(reader.samples.at(R"(teal_replicas{application="shop",component="api",role="active",state="starting"})"),
            "1.0");
}

}  // namespace
}  // namespace teal::test
