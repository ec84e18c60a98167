#include "daemon/api/head_scan.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <utility>

namespace teal::api {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_token_character(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

bool is_word(std::string_view text, std::string_view word) {
  return boost::beast::iequals({text.data(), text.size()}, {word.data(), word.size()});
}

}  // namespace

HeadScan::Verdict HeadScan::look(std::string_view arrived) {
  for (; at_ < arrived.size(); ++at_) {
    const char c = arrived[at_];
    if (c == '\n') return refuse("a line ends in CR LF, not in LF alone");
    if (c != '\r') {
      if (is_control(c)) return refuse("the request's head holds a control character");
      continue;
    }
    if (at_ + 1 == arrived.size()) return Verdict::More;
    if (arrived[at_ + 1] != '\n') return refuse("a line ends in CR LF, not in CR alone");
    const auto line = arrived.substr(line_, at_ - line_);
    ++at_;
    line_ = at_ + 1;
    if (line.empty() && has_request_line_) return end();
    if (!take_line(line)) return Verdict::Refused;
  }
  return Verdict::More;
}

HeadScan::Verdict HeadScan::refuse(std::string why) {
  why_ = std::move(why);
  return Verdict::Refused;
}

bool HeadScan::take_line(std::string_view line) {
  if (has_request_line_) return take_field(line);
  has_request_line_ = true;
  is_http_1_0_ = line.ends_with(" HTTP/1.0");
  const bool has_three_words = std::ranges::count(line, ' ') == 2 && line.find('\t') == std::string_view::npos;
  if (!has_three_words) (void)refuse("a request line is a method, a target and a version, with one space between");
  return why_.empty();
}

bool HeadScan::take_field(std::string_view line) {
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  if (line.front() == ' ' || line.front() == '\t') {
    (void)refuse("a header goes on in a second line, which is obsolete");
  } else if (colon == std::string_view::npos || name.empty() || !std::ranges::all_of(name, is_token_character)) {
    (void)refuse("a header is a name, a colon right after it, and a value");
  } else if (is_word(name, "Content-Length")) {
    const auto value = trimmed(line.substr(colon + 1));
    if (++lengths_ > 1) (void)refuse("Content-Length is given more than once");
    if (value.empty() || !std::ranges::all_of(value, is_digit)) (void)refuse("Content-Length is one number, in digits");
  } else if (is_word(name, "Transfer-Encoding")) {
    if (++codings_ > 1) (void)refuse("Transfer-Encoding is given more than once");
    if (!is_word(trimmed(line.substr(colon + 1)), "chunked"))
      (void)refuse("the only Transfer-Encoding known is chunked");
  }
  return why_.empty();
}

HeadScan::Verdict HeadScan::end() {
  ++at_;
  if (codings_ > 0 && lengths_ > 0) return refuse("either Content-Length or Transfer-Encoding, not both");
  if (codings_ > 0 && is_http_1_0_) return refuse("HTTP/1.0 has no Transfer-Encoding");
  return Verdict::Whole;
}

}  // namespace teal::api
