#include "daemon/runtime/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace teal::runtime {

std::size_t raise_descriptor_limit() noexcept {
  constexpr rlim_t enough = 65536;
  struct rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const auto reachable = std::min(limit.rlim_max, enough);
  if (limit.rlim_cur < reachable) {
    const auto before = limit.rlim_cur;
    limit.rlim_cur = reachable;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  }
  return static_cast<std::size_t>(std::min(limit.rlim_cur, enough));
}

std::size_t connections_within(std::size_t limit, std::size_t wanted) noexcept {
  constexpr std::size_t reserve = 256;
  const auto most = limit > 2 * reserve ? limit - reserve : limit / 2;
  return std::clamp<std::size_t>(most, 1, std::max<std::size_t>(wanted, 1));
}

}  // namespace teal::runtime
