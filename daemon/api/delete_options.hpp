// The options of a DELETE: Kubernetes' DeleteOptions, in the body or, for some of them, in the query.
//
// kubectl sends them with every DELETE. Unsupported options are refused, since the request would do something other
// than what was asked, and a deletion cannot be undone.
#pragma once

#include <string>

#include "daemon/api/body.hpp"
#include "daemon/api/message.hpp"

namespace teal::api {

struct DeleteOptions {
  bool dry_run = false;
  // Of what is to be deleted; empty: whatever is there.
  std::string uid;
  std::string resource_version;
};

[[nodiscard]] Read<DeleteOptions> read_delete_options(const Request& request);

}  // namespace teal::api
