// Annotations of an application: notes that clients keep with it, with which teald does nothing.
//
// They are kept among its labels, under keys that no label can have ("@team/note"): the stored form of an application
// has no other room for them, and a release that knows nothing of them reads, keeps and ignores them. Manifests have
// none. Only what is in daemon/api sees the difference.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <string_view>

#include "manifests/foundation/result.hpp"
#include "manifests/spec/application.hpp"

namespace teal::api {

// Bookkeeping: what `kubectl apply` sent last; and who manages which field, which is shown as metadata.managedFields.
inline constexpr std::string_view applied_annotation = "kubectl.kubernetes.io/last-applied-configuration";
inline constexpr std::string_view ownership_annotation = "teal/managed-fields";

using Annotations = std::map<std::string, std::string>;

[[nodiscard]] bool is_annotation(std::string_view label_key);
[[nodiscard]] Annotations annotations_of(const spec::Application& application);
void put_annotations(spec::Application& application, const Annotations& annotations);

// Takes metadata.annotations out of a document. Those under our own prefix are what the API has added, and are left
// out. Errors: invalid, where they are no annotations, or too long.
[[nodiscard]] Result<Annotations> take_annotations(boost::json::object& document);
// Moves them from the labels of an application as JSON to where clients look for them.
void show_annotations(boost::json::object& document, const spec::Application& application);
// The same for everybody's eyes: secrets in them are masked.
void show_annotations_masked(boost::json::object& document, const spec::Application& application);

}  // namespace teal::api
