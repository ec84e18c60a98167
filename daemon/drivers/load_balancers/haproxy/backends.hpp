// What HAProxy tells of its backends beforehand: which there are, and whether servers can be added to one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace teal::haproxy {

// The answer to "show backend" as the end of a sentence about one that is not there: "; it has shop_api and shop_web;
// did you mean shop_api?". Empty when the answer is not one.
[[nodiscard]] std::string existing_backends(std::string_view answer, std::string_view wanted);

// Of the answer to "show cli level;show stat BACKEND 2 -1", one sentence each. What is not understood says nothing.
[[nodiscard]] std::vector<std::string> obstacles_in(std::string_view answer, std::string_view backend);

// What "balance" says, as of "show stat BACKEND 2 -1"; empty: HAProxy does not tell.
[[nodiscard]] std::string algorithm_in(std::string_view answer, std::string_view backend);

// Whether it takes servers at run time. One that hashes does so with "hash-type consistent", which HAProxy does not
// tell of: it has to be asked to add one.
enum class Takes { Yes, No, ItDepends };
[[nodiscard]] Takes takes_servers(std::string_view algorithm);
[[nodiscard]] std::string static_text(std::string_view algorithm);  // that it does not, and what to do

// What the backend has that servers which are added at run time do not get, one sentence each; of the answer to
// "show stat BACKEND 6 -1". "default-server" itself is nowhere to be read: it shows in servers of the configuration.
[[nodiscard]] std::vector<std::string> remarks_in(std::string_view answer, std::string_view backend);

}  // namespace teal::haproxy
