// Is a text what JSON may hold?
#pragma once

#include <string_view>

namespace teal::api {

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace teal::api
