// The operators' page: daemon/web, embedded at build.
#include <fmt/format.h>

#include <optional>
#include <string>

#include "daemon/api/handlers.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/runtime/embedded.hpp"
#include "manifests/api/tone.hpp"

namespace teal::api {
namespace {

std::string_view type_of_file(std::string_view file) {
  if (file.ends_with(".html")) return "text/html; charset=utf-8";
  if (file.ends_with(".css")) return "text/css; charset=utf-8";
  if (file.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (file.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

std::string_view class_of(objects::Tone tone) {
  switch (tone) {
    case objects::Tone::Good:
      return "good";
    case objects::Tone::Busy:
      return "busy";
    case objects::Tone::Attention:
      return "attention";
    case objects::Tone::Idle:
      return "idle";
    case objects::Tone::Bad:
      return "bad";
  }
  return "attention";
}

// What the page's script knows of phases beside what the API tells it: those on a rollout's way, and the class of each.
std::string phases_script() {
  std::string path;
  for (const auto& phase : spec::phases_on_the_way())
    path += fmt::format("{}'{}'", path.empty() ? "" : ", ", phase.text);
  std::string tones;
  const auto add_tone = [&](std::string_view word, objects::Tone tone) {
    tones += fmt::format("  {}: '{}',\n", word, class_of(tone));
  };
  for (const auto& phase : names_of(objects::ApplicationPhase{})) add_tone(phase.text, objects::tone_of(phase.value));
  for (const auto& phase : names_of(spec::Phase{})) {
    if (!named<objects::ApplicationPhase>(phase.text)) add_tone(phase.text, objects::tone_of(phase.value));
  }
  return fmt::format("'use strict';\n\nconst path = [{}];\nconst tones = {{\n{}}};\n", path, tones);
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
