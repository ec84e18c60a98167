// The part of a container's output that is kept when the container is removed. Private to perform.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "controllers/ports/ports.hpp"
#include "manifests/masking/mask.hpp"

namespace teal::reconcile {

// The end of it, as much as is kept, without the secrets that it was given, wherever those are by now; when that cannot
// be searched or read ever, a line that says so. Errors: those of the engine; not_found when the container is gone.
[[nodiscard]] boost::asio::awaitable<Result<std::string>> output_to_keep(const ports::Ports& ports,
                                                                         ports::Engine& engine,
                                                                         const spec::ApplicationSpec& spec,
                                                                         std::string id);

// The last bytes of it without its secrets, and each line behind the time at which it was written
// and a records::time_mark.
[[nodiscard]] std::string stamped_output(const ports::Output& output, std::size_t most,
                                         const std::vector<const masking::Mask*>& masks);

}  // namespace teal::reconcile
