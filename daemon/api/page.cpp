// The operators' page: daemon/web, embedded at build.
#include "daemon/api/handlers.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/runtime/embedded.hpp"

namespace teal::api {
namespace {

std::string_view type_of_file(std::string_view file) {
  if (file.ends_with(".html")) return "text/html; charset=utf-8";
  if (file.ends_with(".css")) return "text/css; charset=utf-8";
  if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (file.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

Response file_named(std::string_view name) {
  const auto [files, count] = embedded::web_files();
  for (std::size_t i = 0; i < count; ++i) {
    if (files[i].first != name) continue;
    Response response;
    response.content_type = type_of_file(name);
    response.body = files[i].second;
    // Nothing from elsewhere, nothing inline, in nobody's frame.
    response.headers.emplace_back("Content-Security-Policy",
                                  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                                  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    return response;
  }
  return not_found("no such file of the page");
}

}  // namespace

Answer get_page(Services&, Request) { co_return file_named("index.html"); }

Answer get_page_file(Services&, Request request) {
  co_return file_named(request.segments.size() == 2 ? request.segments[1] : std::string("icon.svg"));
}

}  // namespace teal::api
