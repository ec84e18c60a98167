// Secret files without a container: it was never created, or somebody else has removed it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "daemon/drivers/engines/docker/api.hpp"
#include "daemon/drivers/engines/docker/secret_files.hpp"

namespace teal::docker {

// Drops the folders of earlier lives that no container with these labels has mounted. False: the engine does not
// answer, and nothing was dropped.
[[nodiscard]] boost::asio::awaitable<bool> remove_orphaned_secret_dirs(Api& api, const SecretFiles& files,
                                                                       std::vector<std::string> labels);

}  // namespace teal::docker
