// Whether a container was created by us: its labels and its name must agree. Labels alone prove nothing, since `docker
// commit` and `docker run --label-file` copy them, and an image may contain some.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controllers/ports/engine.hpp"

namespace teal::docker {

// The labels of a new container. Those that begin with "teal." and come with its image are emptied, for the engine
// merges both.
[[nodiscard]] boost::json::object labels_of(const ports::ContainerSpec& spec, const std::string& owner,
                                            const std::vector<std::string>& labels_of_image);

// The keys of an inspected image's labels.
[[nodiscard]] std::vector<std::string> label_keys(const boost::json::value& image);

// The container's own name. Others that it has by the links of other containers are none.
[[nodiscard]] std::string name_of(const boost::json::value& inspected);

// The same of its entry in the engine's list: the first of its names.
[[nodiscard]] std::string listed_name(const boost::json::value& entry);

// The name that the labels of an inspected container say, ours or not; nothing where they say none.
[[nodiscard]] std::optional<std::string> expected_name(const boost::json::value& inspected);

// Fills name, application, unit, role, revision, index, version and image_digest. False for a stranger: then nothing is
// filled.
[[nodiscard]] bool read_identity(const boost::json::value& inspected, world::Container& container);
// The same of its entry in the engine's list.
[[nodiscard]] bool read_listed_identity(const boost::json::value& entry, world::Container& container);

}  // namespace teal::docker
