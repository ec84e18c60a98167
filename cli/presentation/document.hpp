// A JSON value as a whole, for machines: `-o json` and `-o yaml`.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace teal::cli {

enum class Format { Table, Wide, Json, Yaml };

// "table", "wide", "json" or "yaml".
[[nodiscard]] std::optional<Format> format_named(std::string_view name);

[[nodiscard]] inline bool is_document(Format format) { return format == Format::Json || format == Format::Yaml; }

// Indented, ending in a newline; characters that a terminal would act on are written as escapes (\u009b), so the value
// stays the same. Json unless the format is Yaml.
[[nodiscard]] std::string render_document(const boost::json::value& value, Format format);

}  // namespace teal::cli
