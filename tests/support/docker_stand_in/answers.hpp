// The JSON of a Docker engine's answers, about as long as a real one's: whoever reads them pays what a real one costs.
#pragma once

#include <string>

#include "tests/support/docker_stand_in/containers.hpp"

namespace teal::test::stand_in {

[[nodiscard]] std::string listed(const Container& container);
[[nodiscard]] std::string inspected(const Container& container);
[[nodiscard]] std::string inspected(const Image& image);
[[nodiscard]] std::string version_answer();
// Of the engine itself; `began`: nanoseconds.
[[nodiscard]] std::string info_answer(const Containers& containers);
[[nodiscard]] std::string bridge_answer(std::int64_t began);
[[nodiscard]] std::string quoted(std::string_view text);
// "" becomes the year 1, as the engine writes "never".
[[nodiscard]] std::string time_text(std::int64_t time);

}  // namespace teal::test::stand_in
