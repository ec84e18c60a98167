// Watches a directory of manifests, *.yaml and *.yml in any case, and reports their content whenever it changes.
//
// A saved file is reported within milliseconds, however an editor or Kubernetes saves it: written in place, renamed
// over, a symbolic link re-pointed. While a writer has a file open, it is not read, unless nothing was written for 10
// s. A file counts as deleted only if it is still missing 100 ms later. What the kernel does not announce (network file
// systems, edits of what a symbolic link leads to) is found every 10 s, and reported when it has not changed for 2 s.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <vector>

#include "controllers/admission/admission.hpp"

namespace teal::runtime {
class BlockingPool;
}  // namespace teal::runtime

namespace teal::daemon {

using OnManifests = std::function<boost::asio::awaitable<void>(std::vector<admission::ManifestState>, bool complete)>;

// Runs until it is cancelled. The first call is complete: every file there is; so is one after the folder was replaced.
// All others hold only the files that changed. Each is awaited before the next.
//
// Paths are told printable and injective, `a\xff.yaml` for a byte that is no UTF-8: see printable_path.
//
// Files that cannot be read, or that others than root and teald's user could have changed, have a `problem`; text
// beyond 1 MiB is cut after one byte more, for the parser to refuse. While the folder is missing or refused for whom it
// lets write, or was replaced by an empty one (what is left when a disk is unmounted), no file counts as gone:
// `on_problem` gets a sentence about that, once each time, and an
// empty one when that is over.
[[nodiscard]] boost::asio::awaitable<void> watch_manifests(runtime::BlockingPool& pool, std::string folder,
                                                           OnManifests on_change,
                                                           std::function<void(std::string problem)> on_problem = {});

}  // namespace teal::daemon
