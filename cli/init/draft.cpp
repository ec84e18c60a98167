#include "cli/init/draft.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <set>

#include "manifests/foundation/text.hpp"
#include "manifests/parse/parse.hpp"
#include "manifests/parse/yaml_text.hpp"
#include "manifests/spec/text_rules.hpp"
#include "manifests/wire/json.hpp"

namespace teal::cli {
namespace {

namespace json = boost::json;

// NOLINTNEXTLINE(misc-no-recursion): as deep as a manifest
void leave_out_defaults(json::object& object, const json::object& defaults) {
  for (auto it = object.begin(); it != object.end();) {
    const auto* usual = defaults.if_contains(it->key());
    if (usual != nullptr && *usual == it->value()) {
      it = object.stable_erase(it);
      continue;
    }
    auto* inner = it->value().if_object();
    auto* list = it->value().if_array();
    if (usual != nullptr && inner != nullptr && usual->is_object()) leave_out_defaults(*inner, usual->get_object());
    if (usual != nullptr && list != nullptr && usual->is_array()) {
      for (std::size_t i = 0; i < std::min(list->size(), usual->get_array().size()); ++i) {
        auto* item = (*list)[i].if_object();
        if (item != nullptr && usual->get_array()[i].is_object()) {
          leave_out_defaults(*item, usual->get_array()[i].get_object());
        }
      }
    }
    ++it;
  }
}

// The same application with nothing in it but defaults: what is written nevertheless is blank here.
spec::Application blank(const spec::Application& application) {
  spec::Application blank;
  for (const auto& component : application.spec.components) {
    auto& own = blank.spec.components.emplace_back();
    if (component.port) own.port = *component.port == 1 ? 2 : 1;  // any other
    own.mounts.resize(component.mounts.size());
    if (component.load_balancer) own.load_balancer.emplace();
  }
  for (const auto& job : application.spec.migration.jobs) {
    blank.spec.migration.jobs.emplace_back().mounts.resize(job.mounts.size());
  }
  return blank;
}

json::object written_json(const spec::Application& application) {
  auto document = wire::to_json(application);
  const auto defaults = wire::to_json(blank(application));
  leave_out_defaults(document.at("metadata").as_object(), defaults.at("metadata").as_object());
  leave_out_defaults(document.at("spec").as_object(), defaults.at("spec").as_object());
  return document;
}

bool stands_in_one_line(std::string_view value) {
  constexpr std::size_t longest = 60U << 10U;  // an env file's line, with its name
  return value.size() < longest && value.find_first_of("\n\r") == value.npos && is_utf8(value);
}

// What the manifest's own masking would hide of it: by its name, or since it is a URL with a password, a key in PEM ….
bool is_secret_variable(const std::string& name, const std::string& value) {
  spec::Application application;
  application.spec.env[name].text = value;
  return !wire::secrets_written_in(application).empty();
}

// Could be a place outside the folder of secrets.
bool is_file_name(std::string_view name) { return name.find_first_not_of('.') != name.npos; }

class Sorting {
 public:
  Sorting(const Draft& draft, std::string folder) : folder_(std::move(folder)), draft_(draft) {}

  void sort(spec::Application& application) {
    std::set<std::string, std::less<>> shared;
    if (!draft_.components.empty()) {
      for (const auto& [name, value] : draft_.components.front().values) {
        if (is_equal_everywhere(name, value) && is_usable(name, value)) share(application, name, value, shared);
      }
    }
    for (std::size_t i = 0; i < draft_.components.size(); ++i) {
      own(draft_.components[i], false, shared, application.spec.components[i].env);
    }
    for (std::size_t i = 0; i < draft_.jobs.size(); ++i) {
      own(draft_.jobs[i], true, shared, application.spec.migration.jobs[i].credentials);
    }
  }

  std::string env_file;
  std::vector<OutputFile> secrets;
  std::vector<Remark> remarks;

 private:
  bool is_equal_everywhere(const std::string& name, const std::string& value) const {
    return std::ranges::all_of(draft_.components, [&](const Part& part) {
      const auto found = part.values.find(name);
      return found != part.values.end() && found->second == value;
    });
  }

  bool is_usable(const std::string& name, const std::string& value) {
    if (spec::is_variable_name(name) && is_file_name(name) && value.find('\0') == value.npos) return true;
    if (complained_.insert(name).second) {
      remarks.push_back(
          {draft_.from, fmt::format("the variable {} is left out: Teal takes names of letters, digits, _ . - with no "
                                    "digit first",
                                    printable(name))});
    }
    return false;
  }

  void share(spec::Application& application, const std::string& name, const std::string& value,
             std::set<std::string, std::less<>>& shared) {
    if (stands_in_one_line(value)) {
      env_file += fmt::format("{}={}\n", name, value);
    } else {
      application.spec.env[name] = into_file("", name, value);
    }
    shared.insert(name);
  }

  // What a job has beyond the components goes into its credentials, which nothing that serves is given.
  void own(const Part& part, bool is_job, const std::set<std::string, std::less<>>& shared, spec::Environment& env) {
    for (const auto& [name, value] : part.values) {
      const bool is_there = shared.contains(name) && draft_.components.front().values.at(name) == value;
      if (is_there || !is_usable(name, value)) continue;
      const bool hidden = is_secret_variable(name, value) || !stands_in_one_line(value) ||
                          (is_job && (spec::sounds_secret(name) || draft_.to_fill.contains(name)));
      env[name] = hidden ? into_file(part.component.name, name, value)
                         : spec::ValueSource{spec::ValueSource::Kind::Literal, value};
    }
  }

  spec::ValueSource into_file(const std::string& unit, const std::string& name, const std::string& value) {
    auto path = folder_ + "/" + (unit.empty() ? "" : unit + "/") + name;
    secrets.push_back({path, value + '\n', true});  // one newline at its end is no part of the value
    return {spec::ValueSource::Kind::File, std::move(path)};
  }

  std::string folder_;
  const Draft& draft_;
  std::set<std::string, std::less<>> complained_;
};

spec::Application application_of(const Draft& draft) {
  spec::Application application;
  application.name = draft.name;
  auto& spec = application.spec;
  spec.version = draft.version;
  spec.image = draft.image;
  spec.pull_policy = draft.pull_policy;
  for (const auto& part : draft.components) spec.components.push_back(part.component);
  for (const auto& part : draft.jobs) {
    auto& job = spec.migration.jobs.emplace_back();
    job.name = part.component.name;
    job.command = part.component.command;
    job.mounts = part.component.mounts;
    job.security = part.component.security;
  }
  return application;
}

// A load balancer that people configure takes no routes.
bool takes_routes(const Draft& draft) { return draft.managed.value_or(true); }

void add_host(json::object& document, const Draft& draft) {
  for (auto& each : document.at("spec").as_object().at("components").as_array()) {
    auto* use = each.as_object().if_contains("loadBalancer");
    if (use == nullptr) continue;
    if (takes_routes(draft)) {
      use->as_object()["routes"] = json::array{json::object{{"host", draft.host}}};
    } else {
      auto& health = each.as_object()["health"];
      if (!health.is_object()) health = json::object{};
      health.as_object()["headers"] = json::object{{"Host", draft.host}};
    }
    return;
  }
}

std::string words_on_host(const Draft& draft) {
  const auto served =
      std::ranges::find_if(draft.components, [](const Part& part) { return part.component.load_balancer.has_value(); });
  const auto backend = served == draft.components.end() ? std::string{} : served->component.load_balancer->backend;
  return takes_routes(draft) ? fmt::format(
                                   "routes are for a load balancer that Teal keeps (haproxy: {{managed: …}}). With a "
                                   "HAProxy of your own take them out, and let its frontend send the requests of {} to "
                                   "the backend {}",
                                   draft.host, backend)
                             : fmt::format("a frontend of HAProxy has to send the requests of {} to the backend {}",
                                           draft.host, backend);
}

// Where teald's unit looks into another folder of that name, or none (ProtectHome, PrivateTmp).
bool is_hidden_from_teald(const std::string& directory) {
  const auto path = directory + "/";
  return std::ranges::any_of(std::array{"/home/", "/root/", "/tmp/", "/var/tmp/"},
                             [&](const char* hidden) { return path.starts_with(hidden); });
}

std::string head_of(const Draft& draft, const std::vector<Remark>& remarks) {
  std::string text = "# Written by `teal init`" + (draft.from.empty() ? "" : " from " + printable(draft.from)) +
                     ". An upgrade edits one line: spec.version.\n";
  if (!remarks.empty()) text += "# Look at:\n";
  for (const auto& remark : remarks) text += "# - " + printable(to_string(remark)) + '\n';
  return text;
}

Error unusable(const std::vector<spec::Diagnostic>& diagnostics) {
  std::vector<std::string> lines;
  for (const auto& each : diagnostics) {
    lines.push_back(each.path.empty() ? each.message : each.path + ": " + each.message);
  }
  return {ErrorCode::invalid,
          fmt::format("nothing was written, since this would be no valid manifest:\n{}", fmt::join(lines, "\n"))};
}

}  // namespace

std::string to_string(const Remark& remark) {
  return remark.where.empty() ? remark.text : fmt::format("{}: {}", remark.where, remark.text);
}

Result<Output> output_of(const Draft& draft, const std::string& directory) {
  const auto base = fmt::format("{}/{}", directory == "/" ? "" : directory, draft.name);
  Sorting sorting{draft, base + ".secrets"};
  auto application = application_of(draft);
  application.spec.env_files = {base + ".env"};
  sorting.sort(application);

  Output output;
  output.manifest = base + ".yaml";
  output.remarks = draft.remarks;
  output.remarks.insert(output.remarks.end(), sorting.remarks.begin(), sorting.remarks.end());
  if (is_hidden_from_teald(directory)) {
    output.remarks.push_back(
        {"", fmt::format("as a service, teald sees nothing of {0}: before you use the manifest, have it written "
                         "elsewhere, with --directory /etc/{1}",
                         directory, draft.name)});
  }
  if (!draft.host.empty() && !draft.managed.value_or(false)) output.remarks.push_back({"", words_on_host(draft)});
  auto document = written_json(application);
  if (!draft.host.empty()) add_host(document, draft);
  const auto text = head_of(draft, output.remarks) + yaml::yaml_text(document);

  const auto parsed = yaml::parse_application(text, output.manifest);
  if (!parsed.application) return unusable(parsed.diagnostics);
  if (draft.host.empty() && *parsed.application != application) {
    return Error{ErrorCode::internal,
                 "nothing was written: the manifest would not mean what it should (a bug of teal)"};
  }
  for (const auto& advice : parsed.advice) output.remarks.push_back({draft.from, advice.path + ": " + advice.message});

  output.files.push_back({output.manifest, text, false});
  output.files.push_back({base + ".env",
                          fmt::format("# The environment of {}: one NAME=value a line, as it stands (no quotes).\n{}",
                                      draft.name, sorting.env_file),
                          true});
  std::ranges::move(sorting.secrets, std::back_inserter(output.files));
  return output;
}

std::string name_out_of(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const char lower = upper ? static_cast<char>(c - 'A' + 'a') : c;
    const bool fits = (lower >= 'a' && lower <= 'z') || is_digit(lower);
    if (fits) name += lower;
    if (!fits && !name.empty() && name.back() != '-') name += '-';
  }
  name.resize(std::min<std::size_t>(name.size(), 30));  // container names hold it and that of a component
  while (name.ends_with('-')) name.pop_back();
  return name;
}

ImageWords image_words(std::string_view image) {
  ImageWords words;
  if (const auto at = image.find('@'); at != image.npos) {
    words.digest = image.substr(at + 1);
    image = image.substr(0, at);
  }
  const auto slash = image.rfind('/');
  const auto colon = image.rfind(':');
  if (colon != image.npos && (slash == image.npos || colon > slash)) {
    words.tag = image.substr(colon + 1);
    image = image.substr(0, colon);
  }
  words.repository = image;
  return words;
}

void set_image(Draft& draft, std::string_view image, const std::string& where) {
  const auto words = image_words(image);
  draft.image = words.repository;
  draft.version = words.tag.empty() ? "latest" : words.tag;
  if (!words.digest.empty()) {
    draft.image = image;
    if (words.tag.empty()) draft.version = words.digest.substr(words.digest.find(':') + 1, 12);
    draft.remarks.push_back({where,
                             "the image is pinned by its digest: an upgrade has to change spec.image, or take "
                             "the digest out of it so that spec.version is the tag"});
  } else if (draft.version == "latest") {
    draft.remarks.push_back(
        {where, fmt::format("the image {} {}: version: latest never changes, so nothing is ever "
                            "upgraded. Put the tag of a release there",
                            words.repository, words.tag.empty() ? "has no tag" : "is tagged latest")});
  }
}

}  // namespace teal::cli
