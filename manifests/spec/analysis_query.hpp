// The placeholders of an analysis' query: $revision, $version and $application.
//
// One counts only as a whole word ("$revisions" is none), anywhere in the query, inside PromQL's strings too:
// server=~"teal-$application-api-r$revision-.*".
#pragma once

#include <string>
#include <string_view>

namespace teal::spec {

[[nodiscard]] std::string fill_placeholders(std::string_view query, int revision, std::string_view version,
                                            std::string_view application);

// Holds $revision or $version: the query differs between two revisions.
[[nodiscard]] bool tells_revisions_apart(std::string_view query);

}  // namespace teal::spec
