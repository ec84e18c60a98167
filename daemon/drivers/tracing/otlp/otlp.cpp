#include "daemon/drivers/tracing/otlp/otlp.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <charconv>

#include "daemon/runtime/build_info.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::otlp {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_text = 4096;

json::string text_of(std::string_view text) {
  json::string safe;
  while (!text.empty()) {
    const auto next = take_character(text);
    if (safe.size() + next.bytes.size() > longest_text) {
      safe += "…";
      break;
    }
    safe += next.valid ? next.bytes : replacement_character;
  }
  return safe;
}

struct ValueWriter {
  json::object operator()(const std::string& text) const { return {{"stringValue", text_of(text)}}; }
  // 64 bits are a string in protobuf's JSON: JSON's own numbers are not exact.
  json::object operator()(std::int64_t number) const { return {{"intValue", std::to_string(number)}}; }
  json::object operator()(double number) const { return {{"doubleValue", number}}; }
  json::object operator()(bool truth) const { return {{"boolValue", truth}}; }
};

json::array attributes_of(const tracing::Attributes& attributes) {
  json::array list;
  for (const auto& [key, value] : attributes) {
    json::object attribute;
    attribute["key"] = key;
    attribute["value"] = std::visit(ValueWriter{}, value);
    list.push_back(std::move(attribute));
  }
  return list;
}

json::object object_of(const tracing::Span& span) {
  json::object out;
  out["traceId"] = span.trace_id;
  out["spanId"] = span.span_id;
  if (!span.parent_id.empty()) out["parentSpanId"] = span.parent_id;
  out["name"] = text_of(span.name);
  out["kind"] = static_cast<int>(span.kind);
  out["startTimeUnixNano"] = std::to_string(span.start_ns);
  out["endTimeUnixNano"] = std::to_string(span.end_ns);
  out["attributes"] = attributes_of(span.attributes);
  json::object status;
  if (span.error) {
    status["code"] = 2;  // STATUS_CODE_ERROR
    status["message"] = text_of(*span.error);
  }
  out["status"] = std::move(status);
  return out;
}

}  // namespace

std::string otlp_request(std::span<const tracing::Span> spans, std::string_view instance) {
  json::array list;
  for (const auto& span : spans) list.push_back(object_of(span));
  const std::string version{runtime::build_version()};
  json::object scope_spans;
  scope_spans["scope"] = json::object{{"name", "teal"}, {"version", version}};
  scope_spans["spans"] = std::move(list);
  const tracing::Attributes about{{"service.name", std::string{"teald"}},
                                  {"service.version", version},
                                  {"service.instance.id", std::string{instance}}};
  json::object resource_spans;
  resource_spans["resource"] = json::object{{"attributes", attributes_of(about)}};
  resource_spans["scopeSpans"] = json::array{std::move(scope_spans)};
  json::object request;
  request["resourceSpans"] = json::array{std::move(resource_spans)};
  return wire::json_text(request);
}

OtlpRefusal read_otlp_answer(std::string_view body, const masking::Mask& given) {
  OtlpRefusal refusal;
  boost::system::error_code error;
  const auto answer = json::parse({body.data(), body.size()}, error);
  if (error || !answer.is_object()) return refusal;
  const auto* partial = answer.get_object().if_contains("partialSuccess");
  if (partial == nullptr || !partial->is_object()) return refusal;
  if (const auto* count = partial->get_object().if_contains("rejectedSpans")) {
    if (const auto* text = count->if_string()) {
      std::from_chars(text->data(), text->data() + text->size(), refusal.spans);
    } else if (count->is_int64()) {
      refusal.spans = count->get_int64();
    }
  }
  if (const auto* why = partial->get_object().if_contains("errorMessage"); why != nullptr && why->is_string()) {
    refusal.why = text_of(masked({why->get_string().data(), why->get_string().size()}, given));
  }
  return refusal;
}

}  // namespace teal::otlp
