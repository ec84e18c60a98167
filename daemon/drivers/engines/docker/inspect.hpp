// What the engine reports about a container or an image, in the controllers' terms.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>

#include "controllers/ports/engine.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::docker {

// An image's name, taken apart: "host:5000/team/app:1@sha256:…".
struct Reference {
  std::string repository;
  std::string tag;     // empty: none given
  std::string digest;  // empty: none given
};
[[nodiscard]] Reference parse_reference(const std::string& reference);

// Nothing when it is a stranger (identity.hpp): it is none of ours. Errors: unavailable (nonsense).
[[nodiscard]] Result<std::optional<world::Container>> read_container(const boost::json::value& inspected);
// Of several digests of one repository (the same content was pushed as more than one manifest) it is the one that
// `reference` names, else `resolved`, which its last pull has found, else always the same one.
[[nodiscard]] Result<world::Image> read_image(const boost::json::value& inspected, const std::string& reference,
                                              const std::string& resolved = {});
[[nodiscard]] Result<ports::Exposure> read_exposure(const boost::json::value& inspected);
[[nodiscard]] Result<ports::Exposure> read_image_exposure(const boost::json::value& inspected);
// Of the engine's entry of a container, in a list or inspected: what of the host is mounted into it.
[[nodiscard]] std::vector<std::string> mount_sources(const boost::json::value& container);

// From its entry in the list; of one that has ended not how. Started it was soon after it was made.
[[nodiscard]] std::optional<world::Container> read_listed(const boost::json::value& entry);
// From its entry in the list, of a replica that the engine says no more about: it runs, and where. Nothing of any
// other, since only inspecting tells how it ended. Started it was soon after it was made.
[[nodiscard]] std::optional<world::Container> read_running_replica(const boost::json::value& entry);

// One that is not ours. Errors: unavailable (nonsense).
[[nodiscard]] Result<world::Predecessor> read_predecessor(const boost::json::value& inspected, std::string name);

// The signal that the container was made to be stopped with.
[[nodiscard]] std::string read_stop_signal(const boost::json::value& inspected);

}  // namespace teal::docker
