#include "daemon/drivers/tracing/span.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace teal {
namespace {

std::string hex_digest(std::string_view text, std::size_t bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  // All zeros is no id.
  if (std::all_of(digest.begin(), digest.begin() + static_cast<std::ptrdiff_t>(bytes), [](auto b) { return b == 0; })) {
    digest[0] = 1;
  }
  std::string hex;
  for (std::size_t i = 0; i < bytes; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace

std::string make_trace_id(std::string_view owner, std::string_view rollout, Time started_at) {
  return hex_digest(fmt::format("teal rollout\n{}\n{}\n{}", owner, rollout, started_at.time_since_epoch().count()), 16);
}

std::string make_span_id(std::string_view trace_id, std::string_view what) {
  return hex_digest(fmt::format("teal span\n{}\n{}", trace_id, what), 8);
}

std::uint64_t nanoseconds(Time time) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  return since < 0 ? 0 : static_cast<std::uint64_t>(since);
}

}  // namespace teal
