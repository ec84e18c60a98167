// Running containers, as Docker describes them, read for `teal init`.
//
// What a container has from its image (variables, command, user, health check) is left to the image. Containers of the
// same Compose service, or of one that was scaled, are replicas of one component. No value is in a remark or an error.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "cli/init/services.hpp"

namespace teal::cli {

// Docker's answers: GET /containers/NAME/json, and GET /images/ID/json of its image (null when that is gone).
struct Inspected {
  boost::json::value container;
  boost::json::value image;
};

// Error: invalid, an answer that is none of Docker's.
[[nodiscard]] Result<std::vector<Service>> services_of(const std::vector<Inspected>& containers);

// Of the Compose project that the first of them belongs to; empty: of none.
[[nodiscard]] std::string project_of(const std::vector<Inspected>& containers);

}  // namespace teal::cli
