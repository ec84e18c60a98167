// Which exposition format a scraper would rather have (RFC 9110, 12.5.1).
#include <algorithm>
#include <charconv>
#include <string>

#include "daemon/runtime/metrics.hpp"

namespace teal::runtime {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The text up to `mark`, which is taken away with it.
std::string_view cut(std::string_view& rest, char mark) {
  const auto end = rest.find(mark);
  const auto piece = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return trimmed(piece);
}

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

struct Wish {
  std::string type;
  std::string version;
  double quality = 1;
};

Wish read_wish(std::string_view text) {
  Wish wish;
  wish.type = lower(cut(text, ';'));
  while (!text.empty()) {
    auto parameter = cut(text, ';');
    const auto name = lower(cut(parameter, '='));
    if (name == "version") wish.version = parameter;
    if (name == "q") {
      const auto parsed = std::from_chars(parameter.data(), parameter.data() + parameter.size(), wish.quality);
      if (parsed.ec != std::errc{} || !(wish.quality >= 0 && wish.quality <= 1)) wish.quality = 0;
    }
  }
  return wish;
}

}  // namespace

Exposition exposition_for(std::string_view accept) {
  double open = 0;
  double plain = 0;
  double anything = 0;
  while (!accept.empty()) {
    const auto wish = read_wish(cut(accept, ','));
    const bool our_version = wish.version.empty() || wish.version == "1.0.0";
    if (wish.type == "application/openmetrics-text" && our_version) open = std::max(open, wish.quality);
    if (wish.type == "text/plain") plain = std::max(plain, wish.quality);
    if (wish.type == "*/*" || wish.type == "text/*") anything = std::max(anything, wish.quality);
  }
  return open > 0 && open >= std::max(plain, anything) ? Exposition::OpenMetrics : Exposition::Text;
}

std::string_view content_type(Exposition format) {
  switch (format) {
    case Exposition::Text:
      return "text/plain; version=0.0.4; charset=utf-8";
    case Exposition::OpenMetrics:
      return "application/openmetrics-text; version=1.0.0; charset=utf-8";
  }
  return {};
}

}  // namespace teal::runtime
