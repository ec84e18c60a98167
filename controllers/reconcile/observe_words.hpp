// Text from outside in one pass: health check responses, and the last lines of containers that have exited. Private to
// observe.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "controllers/reconcile/observe.hpp"

namespace teal::reconcile {

// Fetches last words, and takes out of them and of the answers that were observed what nobody may read (C2): the
// secrets of `spec` as they are now, and those that each container got. Words that cannot be searched are not told.
[[nodiscard]] boost::asio::awaitable<void> observe_words(const ports::Ports& ports, ports::Engine& engine,
                                                         const std::vector<const records::Revision*>& revisions,
                                                         const spec::ApplicationSpec& spec, PassMemory& memory,
                                                         rollout::Observed& world);

}  // namespace teal::reconcile
