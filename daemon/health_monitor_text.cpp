#include <utility>

#include "daemon/health_monitor_verdict.hpp"

namespace teal {
namespace {

constexpr std::size_t most_characters = 120;

struct Character {
  std::size_t bytes = 1;
  char32_t code = 0;
  bool valid = false;
};

Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const auto lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  const std::size_t bytes = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1;
  if (bytes == 1) return {};
  char32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t at = 1; at < bytes; ++at) {
    if ((byte(at) & 0xC0U) != 0x80) return {};
    code = (code << 6U) | (byte(at) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {bytes, code, true};
}

bool is_space(char32_t code) { return code == ' ' || (code >= '\t' && code <= '\r') || code == 0xA0 || code == 0x2028; }

// C0, C1 and DEL steer terminals; the others turn or hide what stands beside them.
bool is_hidden(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xFEFF || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2029 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F);
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  std::size_t characters = 0;
  std::size_t cut = 0;  // end of the last character that leaves room for the mark that says "and so on"
  const auto add = [&](std::string_view character) {
    line += character;
    if (++characters < most_characters) cut = line.size();
  };
  bool space = false;
  while (!text.empty()) {
    const auto next = first_of(text);
    const auto bytes = text.substr(0, next.bytes);
    text.remove_prefix(next.bytes);
    if (next.valid && is_space(next.code)) {
      space = !line.empty();
      continue;
    }
    if (next.valid && is_hidden(next.code)) continue;
    if (std::exchange(space, false)) add(" ");
    add(next.valid ? bytes : "?");
    if (characters > most_characters) return line.substr(0, cut) + "…";
  }
  return line;
}

std::string head_of(std::string_view text) {
  constexpr std::size_t most_bytes = 4096;
  constexpr int most_lines = 20;
  text = text.substr(0, most_bytes);
  std::string head;
  for (int lines = 0; !text.empty() && lines < most_lines;) {
    const auto end = text.find('\n');
    auto line = one_line(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.empty()) continue;
    if (!head.empty()) head += '\n';
    head += line;
    ++lines;
  }
  return head;
}

}  // namespace teal
