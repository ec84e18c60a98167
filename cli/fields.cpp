#include "cli/fields.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

namespace teal::cli {

const boost::json::value* find(const boost::json::value& from, std::string_view pointer) {
  boost::system::error_code failed;
  return from.find_pointer(pointer, failed);
}

std::string text_at(const boost::json::value& from, std::string_view pointer) {
  const auto* value = find(from, pointer);
  if (value == nullptr || value->is_null() || value->is_structured()) return {};
  if (value->is_string()) return std::string{value->get_string().c_str(), value->get_string().size()};
  return boost::json::serialize(*value);
}

const boost::json::array& items_at(const boost::json::value& from, std::string_view pointer) {
  static const boost::json::array none;
  const auto* value = find(from, pointer);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

}  // namespace teal::cli
