// Types of values that occur in several places of teald.yaml. Errors go to the field's report; `out` then keeps its
// value, as it does when the field is absent.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "manifests/parse/reader.hpp"
#include "manifests/spec/application.hpp"

namespace teal::config {

bool read_path(const yaml::Field& field, std::string& out);
void read_path(const yaml::Field& field, std::optional<std::string>& out);
void read_socket(const yaml::Field& field, std::string_view example, std::string& out);
// A value and where it comes from, under the rules that manifests have for it.
bool read_source(const yaml::Field& field, spec::ValueSource& out);
void read_url(const yaml::Field& field, std::optional<std::string>& out);
// "64Mi", in bytes.
void read_amount(const yaml::Field& field, std::int64_t least, std::int64_t most, std::int64_t& out);
void read_duration(const yaml::Field& field, Duration least, Duration most, Duration& out);

// Two things of one name or place: the second is wrong.
class Unique {
 public:
  void check(const yaml::Field& list, std::size_t index, const std::string& value, std::string_view key) {
    if (value.empty() || seen_.insert(value).second) return;
    auto path = yaml::item_path(list.path, index);
    if (!key.empty()) path = yaml::child_path(path, key);
    list.report->add(path, fmt::format("{} is given twice", yaml::in_quotes(value)));
  }

 private:
  std::set<std::string> seen_;
};

}  // namespace teal::config
