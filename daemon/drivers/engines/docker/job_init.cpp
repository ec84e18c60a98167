#include "daemon/drivers/engines/docker/job_init.hpp"

#include <algorithm>
#include <array>

#include "daemon/drivers/engines/docker/answer.hpp"

namespace teal::docker {

namespace {

std::string first_word(const Field& words) {
  const auto* list = words.list();
  if (list == nullptr || list->empty()) return {};
  return Field{list->front()}.text().value_or("");
}

}  // namespace

bool has_init(const boost::json::value& version) {
  const auto* components = Field{version}["Components"].list();
  if (components == nullptr) return false;
  return std::ranges::any_of(*components, [](const auto& one) { return Field{one}["Name"].text() == "docker-init"; });
}

bool brings_init(const boost::json::value& image, const std::vector<std::string>& command) {
  static constexpr std::array<std::string_view, 12> inits{"init",      "my_init",     "systemd",   "s6-svscan",
                                                          "tini",      "tini-static", "dumb-init", "docker-init",
                                                          "catatonit", "runsvdir",    "runit",     "pid1"};
  const Field config{Field{image}["Config"]};
  auto program = first_word(config["Entrypoint"]);
  if (program.empty()) program = command.empty() ? first_word(config["Cmd"]) : command.front();
  if (const auto slash = program.rfind('/'); slash != std::string::npos) program.erase(0, slash + 1);
  return std::ranges::find(inits, program) != inits.end();
}

}  // namespace teal::docker
