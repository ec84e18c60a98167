// YAML readers of what has a form of its own (manifests/wire/forms.hpp); see Section for what they promise.
#pragma once

#include "manifests/parse/reader.hpp"
#include "manifests/spec/application.hpp"
#include "manifests/wire/forms.hpp"

namespace teal::yaml {

bool read(const Field& field, spec::ValueSource& out);
// "200-299", or one status alone.
bool read(const Field& field, spec::StatusRange& out);

bool read(const Field& field, int& out, const wire::Clock& clock);
bool read(const Field& field, std::optional<std::int64_t>& out, wire::Memory);
bool read(const Field& field, std::map<std::string, std::string>& out, wire::JsonByPointer);
// In one form, sorted and each once, so that only another set is a change.
bool read(const Field& field, std::vector<std::string>& out, wire::Capabilities);

}  // namespace teal::yaml
