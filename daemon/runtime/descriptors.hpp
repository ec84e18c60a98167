// The process' limit on open files and sockets, and how it is shared out.
#pragma once

#include <cstddef>

namespace teal::runtime {

// Raises the limit as far as the system lets us, up to 65,536; returns what it is then.
[[nodiscard]] std::size_t raise_descriptor_limit() noexcept;

// How many connections clients may hold under that limit, at most `wanted`: what is left is enough for engines, load
// balancers, probes and the store, so that a rollout never goes without because of those who only look at it.
[[nodiscard]] std::size_t connections_within(std::size_t limit, std::size_t wanted) noexcept;

}  // namespace teal::runtime
