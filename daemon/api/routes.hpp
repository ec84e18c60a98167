// The one table of everything that the API answers and of what each answer needs; OpenAPI, 404, 405 and 403 come from
// it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/access/required_access.hpp"
#include "daemon/api/message.hpp"
#include "daemon/api/services.hpp"

namespace teal::api {

using Handler = boost::asio::awaitable<Response> (*)(Services& services, Request request);

struct Route {
  std::string_view method;   // GET answers HEAD too
  std::string_view pattern;  // "/apis/teal/v1/applications/{name}"
  Handler handler = nullptr;
  access::RequiredAccess needs;
  std::string_view query;     // the parameters it knows, by commas
  std::string_view produces;  // the kind of its answer, or a media type
  std::string_view summary;
};

[[nodiscard]] std::span<const Route> routes();

[[nodiscard]] bool matches(std::string_view pattern, const std::vector<std::string>& segments);

// Finds the route, asks the gate whether the request may, and only then looks at anything else of it; runs the handler.
// Never throws but for cancellation.
//
// `refuse` says no (401, 403) as `dispatch` would, to a request of which only the head is there: its body is never
// read. What it lets by is judged again by `dispatch`, since a body may take half a minute to come, and one without a
// length may turn out to be empty.
[[nodiscard]] std::optional<Response> refuse(const Services& services, Request request);
[[nodiscard]] boost::asio::awaitable<Response> dispatch(Services& services, Request request);

}  // namespace teal::api
