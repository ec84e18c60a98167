// An OTLP/HTTP receiver that takes nothing on trust: every request is held against the JSON mapping, and every trace
// against itself.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace teal::test {

struct ReceivedSpan {
  std::string trace_id;
  std::string span_id;
  std::string parent_id;
  std::string name;
  int kind = 0;
  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;
  std::map<std::string, std::string> attributes;  // numbers and truths as text
  int status = 0;                                 // 2: error
  std::string message;
};

class TraceReceiver {
 public:
  // The body of one POST /v1/traces.
  void take(std::string_view body);
  // A whole request as it came over the wire: line, headers and body.
  void take_request(std::string_view text);

  [[nodiscard]] const std::vector<ReceivedSpan>& spans() const { return spans_; }
  [[nodiscard]] const std::map<std::string, std::string>& resource() const { return resource_; }
  // What was wrong with any of it; empty when all is well.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

  // The ids of the traces that have a root, in order of arrival.
  [[nodiscard]] std::vector<std::string> traces() const;
  // Of one trace, by start; the root first.
  [[nodiscard]] std::vector<ReceivedSpan> trace(const std::string& trace_id) const;
  // What is wrong with a trace that is complete: one root, parents that exist, no id twice, children not before their
  // parents.
  [[nodiscard]] std::vector<std::string> flaws(const std::string& trace_id) const;

 private:
  void take_span(const boost::json::value& value);
  std::map<std::string, std::string> read_attributes(const boost::json::value& value, const std::string& where);
  void expect(bool condition, const std::string& what);

  std::vector<ReceivedSpan> spans_;
  std::map<std::string, std::string> resource_;
  std::vector<std::string> problems_;
};

}  // namespace teal::test
