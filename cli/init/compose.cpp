#include "cli/init/compose.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "cli/init/compose_service.hpp"
#include "cli/init/text_file.hpp"
#include "manifests/foundation/nearest.hpp"
#include "manifests/foundation/text.hpp"

namespace teal::cli {
namespace {

namespace fs = std::filesystem;

Result<std::string> compose_text(const std::string& path) {
  std::error_code failed;
  if (fs::is_directory(path, failed)) return Error{ErrorCode::invalid, path + ": is a folder: name the file in it"};
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  if (!in) return Error{ErrorCode::not_found, fmt::format("cannot read {}: {}", path, std::strerror(errno))};
  std::string text(yaml::largest_text + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

Error at_place(const ComposeFile& file, yaml::Position position, std::string_view message) {
  return {ErrorCode::invalid, fmt::format("{}: {}", place_in(file, position), message)};
}

class Interpolation {
 public:
  Interpolation(const ComposeFile& file, std::vector<Remark>& remarks) : file_(file), remarks_(remarks) {}

  // Values only: keys stay as they are. NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, which is bounded
  Result<void> replace(yaml::Node& node) {
    if (node.kind == yaml::Node::Kind::Scalar && node.text.find('$') != node.text.npos) {
      auto text = interpolate(node.text, file_.variables, [&](const std::string& name) {
        if (!missing_.insert(name).second) return;
        remarks_.push_back({place_in(file_, node.position),
                            fmt::format("the variable {} is not set, so it is empty (a dollar that is meant as one is "
                                        "written $$)",
                                        name)});
      });
      if (!text) return at_place(file_, node.position, text.error().message);
      node.text = std::move(*text);
    }
    for (auto& item : node.items) {
      if (auto done = replace(item); !done) return done;
    }
    for (auto& entry : node.entries) {
      if (auto done = replace(entry.value); !done) return done;
    }
    return {};
  }

 private:
  const ComposeFile& file_;
  std::vector<Remark>& remarks_;
  std::set<std::string> missing_;
};

std::vector<std::string> texts_of(const yaml::Node* node) {
  std::vector<std::string> texts;
  if (node == nullptr) return texts;
  for (const auto& item : node->items) texts.push_back(item.text);
  for (const auto& entry : node->entries) texts.push_back(entry.key);
  return texts;
}

// Whom others wait for until they have ended well.
std::set<std::string> ending_services(const yaml::Node& services) {
  std::set<std::string> names;
  for (const auto& entry : services.entries) {
    const auto* needs = compose_member(entry.value, "depends_on");
    if (needs == nullptr) continue;
    for (const auto& need : needs->entries) {
      const auto* condition = compose_member(need.value, "condition");
      if (condition != nullptr && condition->text == "service_completed_successfully") names.insert(need.key);
    }
  }
  return names;
}

void remark_on_top_level(const ComposeFile& file, const yaml::Node& root, std::vector<Remark>& remarks) {
  for (const auto& entry : root.entries) {
    const auto& key = entry.key;
    if (key == "services" || key == "name" || key == "version" || key.starts_with("x-")) continue;
    const auto names = texts_of(&entry.value);
    auto text = fmt::format("{}{}{}: Teal has no word for it", printable(key), names.empty() ? "" : " ",
                            printable(fmt::format("{}", fmt::join(names, ", "))));
    if (key == "networks") text += ". Its containers are in the engine's default network";
    if (key == "volumes") text += ". Mount a folder of the machine instead, or leave what keeps data where it is";
    if (key == "include")
      text = "include: these files are not read; run `teal init` on the output of `docker compose config`";
    remarks.push_back({place_in(file, entry.position), text});
  }
}

Result<void> check_wanted(const ComposeFile& file, const yaml::Node& services, const std::vector<std::string>& wanted) {
  const auto known = texts_of(&services);
  for (const auto& name : wanted) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return Error{ErrorCode::invalid, fmt::format("{} has no service {}{}; there are {}", file.name, name,
                                                 suggestion(name, known), fmt::join(known, ", "))};
  }
  return {};
}

Result<void> read_services(const ComposeFile& file, const yaml::Node& services, const std::vector<std::string>& wanted,
                           Composition& out) {
  if (auto known = check_wanted(file, services, wanted); !known) return known;
  const auto ending = ending_services(services);
  for (const auto& entry : services.entries) {
    const bool is_named = std::ranges::find(wanted, entry.key) != wanted.end();
    if (!wanted.empty() && !is_named) continue;
    const auto* profiles = compose_member(entry.value, "profiles");
    if (profiles != nullptr && !is_named && !ending.contains(entry.key)) {
      out.remarks.push_back(
          {place_in(file, entry.position),
           fmt::format("{} is in a profile, so it is left out; --service {} takes it", entry.key, entry.key)});
      continue;
    }
    auto service = compose_service(file, entry);
    if (!service) return service.error();
    service->is_named = is_named;
    service->ends = ending.contains(entry.key);
    out.services.push_back(std::move(*service));
  }
  return {};
}

Result<Variables> dotenv_beside(const ComposeFile& file, const Lookup& environment) {
  const auto path = file.directory + "/.env";
  auto text = text_of_file(path);
  if (!text && text.error().code == ErrorCode::not_found) return Variables{};
  if (!text) return text.error();
  auto variables = parse_dotenv(*text, environment);
  if (!variables) return within(path, variables.error());
  return variables;
}

}  // namespace

Result<Composition> read_compose(const std::string& path, const std::vector<std::string>& wanted,
                                 const Lookup& environment) {
  auto text = compose_text(path);
  if (!text) return text.error();
  ComposeFile file;
  file.name = fs::path{path}.filename().string();
  std::error_code failed;
  file.directory = fs::absolute(path, failed).lexically_normal().parent_path().string();
  yaml::Report report{path};
  auto root = yaml::load_tree(*text, report);
  if (!root || !report.empty()) {
    return Error{ErrorCode::invalid, spec::to_string(report.take())};
  }
  auto dotenv = dotenv_beside(file, environment);
  if (!dotenv) return dotenv.error();
  file.variables = [&environment, &dotenv](const std::string& name) {
    auto found = environment(name);
    const auto own = dotenv->find(name);
    if (!found && own != dotenv->end()) found = own->second;
    return found;
  };
  Composition out;
  if (auto replaced = Interpolation{file, out.remarks}.replace(*root); !replaced) return replaced.error();
  const auto* services = compose_member(*root, "services");
  if (services == nullptr || services->entries.empty()) {
    return Error{ErrorCode::invalid, path + ": is no file of Docker Compose: it has no services"};
  }
  const auto* name = compose_member(*root, "name");
  out.project = name_out_of(name != nullptr ? name->text : fs::path{file.directory}.filename().string());
  file.project = out.project;
  remark_on_top_level(file, *root, out.remarks);
  for (const auto* other : {"docker-compose.override.yml", "compose.override.yaml", "compose.override.yml"}) {
    if (file.name == other || !fs::exists(file.directory + "/" + other, failed)) continue;
    out.remarks.push_back(
        {other, "is not read; run `teal init` on the output of `docker compose config` to have both"});
  }
  if (auto read = read_services(file, *services, wanted, out); !read) return read.error();
  return out;
}

}  // namespace teal::cli
