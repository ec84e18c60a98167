#include "daemon/drivers/analysis/prometheus/prometheus_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <cmath>

namespace teal::analysis {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_answer = 300;

Reading nothing(std::string_view why) {
  Reading reading;
  reading.answer = why;
  return reading;
}

// What is cut in two or is no text must not reach a terminal.
std::string presentable(std::string text) {
  text.resize(std::min(text.size(), longest_answer));
  std::ranges::replace_if(text, [](unsigned char byte) { return byte < 0x20 || byte > 0x7e; }, ' ');
  return text;
}

Reading not_understood(std::string_view what) {
  return nothing(fmt::format("no answer of Prometheus': {}; is prometheus.url right?", what));
}

const json::value* find(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains(key);
}

std::string_view text(const json::value& value, std::string_view key) {
  const auto* found = find(value, key);
  const auto* string = found == nullptr ? nullptr : found->if_string();
  return string == nullptr ? std::string_view{} : std::string_view{*string};
}

// [1700000000.781, "0.02"]
Reading sample(const json::value* value) {
  const auto* pair = value == nullptr ? nullptr : value->if_array();
  if (pair == nullptr || pair->size() != 2) return not_understood("a sample that is no pair of time and value");
  const auto* written = (*pair)[1].if_string();
  if (written == nullptr) return not_understood("a value that is no text");
  double number = 0;
  auto digits = std::string_view{*written};
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed != std::errc{} || end != digits.data() + digits.size() || digits.empty()) {
    return not_understood(fmt::format("a value that is no number: {}", std::string_view{*written}));
  }
  if (std::isnan(number)) return nothing("no data: the query gives NaN, as 0/0 does");
  if (std::isinf(number)) return nothing("no data: the query gives Inf, as a division by 0 does");
  Reading reading;
  reading.value = number;
  reading.answer = shown(number);
  return reading;
}

Reading read_data(const json::value& data) {
  const auto type = text(data, "resultType");
  const auto* result = find(data, "result");
  if (type == "scalar") return sample(result);
  if (type != "vector") return nothing(fmt::format("no data: the query must give one number, not a {}", type));
  const auto* series = result == nullptr ? nullptr : result->if_array();
  if (series == nullptr) return not_understood("a vector without a result");
  if (series->empty()) return nothing("no data: the query finds nothing");
  if (series->size() > 1) {
    return nothing(fmt::format("no data: the query must give one number, not {} series: wrap it in sum() or the like",
                               series->size()));
  }
  return sample(find(series->front(), "value"));
}

Reading read(const Result<http::Response>& response) {
  if (!response) return nothing("no answer: " + response.error().message);
  boost::system::error_code error;
  const auto document = json::parse(response->body, error);
  const auto status = error ? std::string_view{} : text(document, "status");
  if (status == "error") {
    return nothing(
        fmt::format("Prometheus refuses the query: {}: {}", text(document, "errorType"), text(document, "error")));
  }
  if (response->status != 200) return not_understood(fmt::format("HTTP {}", response->status));
  if (status != "success") return not_understood(error ? "not JSON" : "neither success nor error");
  const auto* data = find(document, "data");
  return data == nullptr ? not_understood("a success without data") : read_data(*data);
}

}  // namespace

std::string shown(double value) { return fmt::format("{:.6g}", value); }

Reading read_answer(const Result<http::Response>& response, const masking::Mask& given) {
  auto reading = read(response);
  if (!reading.value) reading.answer = presentable(masked(reading.answer, given));
  return reading;
}

}  // namespace teal::analysis
