// A manifest file, as it was read and as it was understood.
#pragma once

#include <optional>
#include <string>

#include "manifests/spec/application.hpp"
#include "manifests/validate/places.hpp"

namespace teal::admission {

// A manifest file as it is now.
struct ManifestState {
  std::string path;
  bool exists = true;
  std::string text;
  std::string problem;  // why it could not be read; then `text` says nothing
};

// What it says.
struct Manifest {
  std::string path;
  bool exists = true;
  std::string problem;                           // why it says nothing that can be in force, naming the path
  std::optional<spec::Application> application;  // what it defines; none: there is a problem, or no file
};

// Parses it, which takes long for thousands of them, and holds it against `places` where they are known. Pure.
[[nodiscard]] Manifest understood(const ManifestState& file, const rules::Places* places = nullptr);

}  // namespace teal::admission
