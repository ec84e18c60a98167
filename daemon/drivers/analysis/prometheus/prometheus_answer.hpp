// Parses Prometheus' response to an instant query into one number.
#pragma once

#include <optional>
#include <string>

#include "daemon/http/http_client.hpp"
#include "manifests/masking/mask.hpp"

namespace teal::analysis {

struct Reading {
  std::optional<double> value;  // always finite
  std::string answer;           // "0.02", or why there is no value; one line, at most 300 characters
};

// A scalar, or a vector of one sample. Everything else is no value: nothing found, NaN (0/0) and Inf, several series,
// an error of Prometheus', an answer that is none, and no answer at all. Its words are shown without what it was
// `given`.
[[nodiscard]] Reading read_answer(const Result<http::Response>& response, const masking::Mask& given);

// As it is shown: six significant digits.
[[nodiscard]] std::string shown(double value);

}  // namespace teal::analysis
