// Promise C2 for text from outside: container output and health check responses may contain the container's secrets.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controllers/ports/ports.hpp"
#include "manifests/masking/mask.hpp"

namespace teal::environment {

// The values that a spec gives to its containers and that nobody else may read: passwords, keys and the like, of its
// env, its env files and its jobs' credentials. Reads their sources, so it is for passes, never for a request. What
// cannot be read now is left out.
[[nodiscard]] boost::asio::awaitable<std::vector<masking::Secret>> secrets_of(ports::Secrets& secrets,
                                                                              const spec::ApplicationSpec& spec);

// The variables by which a spec gives them to its containers; those of env files are known by their names only.
[[nodiscard]] std::set<std::string> secret_names(const spec::ApplicationSpec& spec);

// Masks by container id, so that each container is asked about once.
using GivenMasks = std::map<std::string, std::shared_ptr<const masking::Mask>>;

// The mask of what one container was given of that kind, as variables, as files and within its command, as its engine
// remembers it: the place that a value was read from may hold another one by now, or none. From `known`, or asked for
// and put there; made beside the loop, since an image may bring thousands of variables. Reads no source. Errors: those
// of the engine; denied when it was given files that are there no more.
[[nodiscard]] boost::asio::awaitable<Result<std::shared_ptr<const masking::Mask>>> given_mask(
    const ports::Ports& ports, ports::Engine& engine, std::string container_id, std::set<std::string> names,
    GivenMasks& known);

}  // namespace teal::environment
