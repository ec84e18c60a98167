#include "cli/init/text_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace teal::cli {

Result<std::string> text_of_file(const std::string& path) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (status.type() == std::filesystem::file_type::not_found)
    return Error{ErrorCode::not_found, fmt::format("{} is not there", path)};
  if (std::filesystem::exists(status) && status.type() != std::filesystem::file_type::regular)
    return Error{ErrorCode::invalid, fmt::format("{} is no regular file", path)};
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  if (!in) return Error{ErrorCode::denied, fmt::format("{} cannot be read: {}", path, std::strerror(errno))};
  std::string text(largest_named_file + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > largest_named_file) return Error{ErrorCode::invalid, fmt::format("{} has more than 1 MiB", path)};
  return text;
}

}  // namespace teal::cli
