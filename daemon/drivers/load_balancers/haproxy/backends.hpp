// What HAProxy tells of its backends beforehand: which there are, and whether servers can be added to one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace teal::haproxy {

// The answer to "show backend" as the end of a sentence about one that is not there: "; it has shop_api and shop_web;
// did you mean shop_api?". Empty when the answer is not one.
[[nodiscard]] std::string those_that_there_are(std::string_view answer, std::string_view wanted);

// Of the answer to "show cli level;show stat BACKEND 2 -1", one sentence each. What is not understood says nothing.
[[nodiscard]] std::vector<std::string> obstacles_in(std::string_view answer, std::string_view backend);

}  // namespace teal::haproxy
