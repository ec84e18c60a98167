// The operators' page: daemon/web, embedded at build.
#include <fmt/format.h>

#include <optional>
#include <string>

#include "daemon/api/handlers.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/runtime/embedded.hpp"
#include "manifests/phase.hpp"

namespace teal::api {
namespace {

std::string_view type_of_file(std::string_view file) {
  if (file.ends_with(".html")) return "text/html; charset=utf-8";
  if (file.ends_with(".css")) return "text/css; charset=utf-8";
  if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (file.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

// What the page's script knows of a rollout beside what the API tells it.
std::string phases_script() {
  std::string words;
  for (const auto& phase : phases_on_the_way()) words += fmt::format("{}'{}'", words.empty() ? "" : ", ", phase.text);
  return fmt::format("'use strict';\n\nconst path = [{}];\n", words);
}

std::optional<std::string> text_of(std::string_view name) {
  if (name == "phases.js") return phases_script();
  const auto [files, count] = embedded::web_files();
  for (std::size_t i = 0; i < count; ++i) {
    if (files[i].first == name) return std::string{files[i].second};
  }
  return std::nullopt;
}

Response file_named(std::string_view name) {
  if (auto text = text_of(name)) {
    Response response;
    response.content_type = type_of_file(name);
    response.body = std::move(*text);
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
