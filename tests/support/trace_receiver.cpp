#include "tests/support/trace_receiver.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <set>
#include <tuple>

namespace teal::test {

namespace json = boost::json;

namespace {

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == text.npos &&
         text.find_first_not_of('0') != text.npos;
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

// 64 bits are decimal text in this mapping.
bool read_number(std::string_view text, std::uint64_t& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

bool only(const json::object& object, const std::set<std::string_view>& known) {
  return std::ranges::all_of(object, [&](const auto& member) { return known.contains(member.key()); });
}

}  // namespace

void TraceReceiver::expect(bool condition, const std::string& what) {
  if (!condition) problems_.push_back(what);
}

std::map<std::string, std::string> TraceReceiver::read_attributes(const json::value& value, const std::string& where) {
  std::map<std::string, std::string> attributes;
  for (const auto& item : value.as_array()) {
    const auto& attribute = item.as_object();
    const auto key = text_of(attribute, "key");
    const auto& any = attribute.at("value").as_object();
    expect(!key.empty(), where + ": an attribute without a key");
    expect(any.size() == 1, where + ": " + key + " is not one value");
    expect(!attributes.contains(key), where + ": " + key + " is there twice");
    if (const auto* text = any.if_contains("stringValue")) {
      attributes[key] = text->as_string().c_str();
    } else if (const auto* number = any.if_contains("intValue")) {
      std::uint64_t parsed = 0;
      expect(number->is_string() && read_number(number->as_string(), parsed), where + ": " + key + " is no intValue");
      attributes[key] = number->as_string().c_str();
    } else if (const auto* truth = any.if_contains("boolValue")) {
      attributes[key] = truth->as_bool() ? "true" : "false";
    } else if (const auto* fraction = any.if_contains("doubleValue")) {
      attributes[key] = std::to_string(fraction->to_number<double>());
    } else {
      expect(false, where + ": " + key + " has a value of no known kind");
    }
  }
  return attributes;
}

void TraceReceiver::take_span(const json::value& value) {
  const auto& object = value.as_object();
  ReceivedSpan span;
  span.trace_id = text_of(object, "traceId");
  span.span_id = text_of(object, "spanId");
  span.parent_id = text_of(object, "parentSpanId");
  span.name = text_of(object, "name");
  const auto where = "span " + span.name;
  expect(only(object, {"traceId", "spanId", "parentSpanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano",
                       "attributes", "status"}),
         where + ": a field that OTLP does not have");
  expect(is_hex(span.trace_id, 32), where + ": traceId " + span.trace_id);
  expect(is_hex(span.span_id, 16), where + ": spanId " + span.span_id);
  expect(span.parent_id.empty() || is_hex(span.parent_id, 16), where + ": parentSpanId " + span.parent_id);
  expect(!span.name.empty(), "a span without a name");
  span.kind = object.at("kind").to_number<int>();
  expect(span.kind >= 1 && span.kind <= 5, where + ": kind");
  expect(read_number(text_of(object, "startTimeUnixNano"), span.start_ns), where + ": startTimeUnixNano");
  expect(read_number(text_of(object, "endTimeUnixNano"), span.end_ns), where + ": endTimeUnixNano");
  expect(span.start_ns > 0 && span.start_ns <= span.end_ns, where + ": it ends before it begins");
  span.attributes = read_attributes(object.at("attributes"), where);
  const auto& status = object.at("status").as_object();
  expect(only(status, {"code", "message"}), where + ": status");
  if (const auto* code = status.if_contains("code")) span.status = code->to_number<int>();
  expect(span.status >= 0 && span.status <= 2, where + ": status code");
  span.message = text_of(status, "message");
  expect(span.message.empty() || span.status == 2, where + ": a message without an error");
  spans_.push_back(std::move(span));
}

void TraceReceiver::take(std::string_view body) {
  try {
    const auto request = json::parse({body.data(), body.size()});
    expect(only(request.as_object(), {"resourceSpans"}), "a field that a request does not have");
    for (const auto& resource_spans : request.at("resourceSpans").as_array()) {
      resource_ = read_attributes(resource_spans.at("resource").at("attributes"), "resource");
      for (const auto* needed : {"service.name", "service.version", "service.instance.id"}) {
        expect(!resource_[needed].empty(), std::string{"resource: no "} + needed);
      }
      for (const auto& scope_spans : resource_spans.at("scopeSpans").as_array()) {
        expect(!text_of(scope_spans.at("scope").as_object(), "name").empty(), "a scope without a name");
        expect(!scope_spans.at("spans").as_array().empty(), "a request without spans");
        for (const auto& span : scope_spans.at("spans").as_array()) take_span(span);
      }
    }
  } catch (const std::exception& error) {
    problems_.push_back(std::string{"not an OTLP request: "} + error.what());
  }
}

void TraceReceiver::take_request(std::string_view text) {
  const auto end = text.find("\r\n\r\n");
  expect(text.starts_with("POST ") && text.substr(0, text.find("\r\n")).ends_with("/v1/traces HTTP/1.1"),
         "not POST …/v1/traces: " + std::string{text.substr(0, 60)});
  expect(text.substr(0, end).find("\r\nContent-Type: application/json\r\n") != text.npos, "not application/json");
  take(end == text.npos ? std::string_view{} : text.substr(end + 4));
}

std::vector<std::string> TraceReceiver::traces() const {
  std::vector<std::string> ids;
  for (const auto& span : spans_) {
    if (span.parent_id.empty()) ids.push_back(span.trace_id);
  }
  return ids;
}

std::vector<ReceivedSpan> TraceReceiver::trace(const std::string& trace_id) const {
  std::vector<ReceivedSpan> found;
  std::ranges::copy_if(spans_, std::back_inserter(found),
                       [&](const ReceivedSpan& span) { return span.trace_id == trace_id; });
  std::ranges::sort(found, {}, [](const ReceivedSpan& span) {
    return std::tuple{!span.parent_id.empty(), span.start_ns, span.name, span.span_id};
  });
  return found;
}

std::vector<std::string> TraceReceiver::flaws(const std::string& trace_id) const {
  std::vector<std::string> found;
  const auto all = trace(trace_id);
  std::map<std::string, const ReceivedSpan*> by_id;
  for (const auto& span : all) {
    if (!by_id.emplace(span.span_id, &span).second) found.push_back("the id of " + span.name + " is there twice");
  }
  const auto roots = std::ranges::count_if(all, [](const ReceivedSpan& span) { return span.parent_id.empty(); });
  if (roots != 1) found.push_back(std::to_string(roots) + " roots");
  for (const auto& span : all) {
    if (span.parent_id.empty()) continue;
    const auto parent = by_id.find(span.parent_id);
    if (parent == by_id.end()) {
      found.push_back(span.name + " has a parent that was never sent");
    } else if (span.start_ns < parent->second->start_ns) {
      found.push_back(span.name + " begins before " + parent->second->name);
    }
  }
  return found;
}

}  // namespace teal::test
