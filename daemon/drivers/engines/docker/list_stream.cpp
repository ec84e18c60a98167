#include "daemon/drivers/engines/docker/list_stream.hpp"

#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"

namespace teal::docker {
namespace {

constexpr std::size_t longest_list = 256 << 20;
constexpr std::size_t longest_entry = 4 << 20;

}  // namespace

bool ListStream::fail(std::string_view why) {
  failure_ = malformed_answer(why);
  return false;
}

bool ListStream::take_entry() {
  const auto parsed = parse_json(entry_);
  if (!parsed) {
    failure_ = parsed.error();
    return false;
  }
  auto one = read_entry(*parsed);
  if (!one) return fail("a container without Id");
  take_(std::move(*one));
  entry_.clear();
  return true;
}

// Within an entry: whether it is open still.
void ListStream::step(char c) {
  if (is_escaped_) {
    is_escaped_ = false;
  } else if (is_quoted_) {
    is_escaped_ = c == '\\';
    is_quoted_ = c != '"';
  } else if (c == '"') {
    is_quoted_ = true;
  } else if (c == '{' || c == '[') {
    ++depth_;
  } else if (c == '}' || c == ']') {
    --depth_;
  }
}

bool ListStream::feed(std::string_view piece) {
  if (failure_) return false;
  size_ += piece.size();
  if (size_ > longest_list) return fail("the list of containers is over 256 MiB");
  std::size_t begun = 0;  // where the open entry begins in this piece
  for (std::size_t at = 0; at < piece.size(); ++at) {
    const char c = piece[at];
    if (depth_ > 0) {
      step(c);
      if (depth_ > 0) continue;
      entry_.append(piece.substr(begun, at + 1 - begun));
      if (!take_entry()) return false;
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (place_ == Place::Before && c == '[') {
      place_ = Place::InList;
    } else if (place_ == Place::InList && c == '{') {
      begun = at;
      depth_ = 1;
    } else if (place_ == Place::InList && c == ']') {
      place_ = Place::After;
    } else if (place_ != Place::InList || c != ',') {
      return fail("the list of containers is no list");
    }
  }
  if (depth_ > 0) entry_.append(piece.substr(begun));
  if (entry_.size() > longest_entry) return fail("a container of the list takes over 4 MiB");
  return true;
}

Result<void> ListStream::finish() const {
  if (failure_) return *failure_;
  if (place_ != Place::After) return malformed_answer("the list of containers was cut short");
  return {};
}

}  // namespace teal::docker
