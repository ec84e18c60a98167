// OTLP's JSON mapping: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "daemon/drivers/tracing/span.hpp"
#include "manifests/masking/mask.hpp"

namespace teal::otlp {

// An ExportTraceServiceRequest of one resource. `instance` is service.instance.id. Texts are cut at 4 KiB, and bytes
// that are no UTF-8 replaced.
[[nodiscard]] std::string otlp_request(std::span<const tracing::Span> spans, std::string_view instance);

// What a receiver that answered 200 did not take after all (partialSuccess).
struct OtlpRefusal {
  std::int64_t spans = 0;
  std::string why;
};

// A body that is no such answer refuses nothing.
[[nodiscard]] OtlpRefusal read_otlp_answer(std::string_view body, const masking::Mask& given);

}  // namespace teal::otlp
