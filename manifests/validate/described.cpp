#include "manifests/validate/described.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "manifests/spec/text_rules.hpp"
#include "manifests/spec/version.hpp"

namespace teal::rules {
namespace {

struct Form {
  std::string_view name;  // in wire/forms.cpp
  bool (*fits)(std::string_view text);
  std::string_view expected;
};

constexpr std::array<Form, 12> forms{{
    {"name", spec::is_dns_label, "expected a name of a-z, 0-9 and -, 1 to 63 characters, not at the ends (RFC 1123)"},
    {"tag", spec::is_image_tag,
     "expected an image tag: letters, digits, _ . -, not . or - first, up to 128 characters"},
    {"image", spec::is_image,
     "not an image: expected a lower-case repository such as registry.example/name, with :tag or @sha256:… to pin it"},
    {"version", [](std::string_view text) { return spec::parse_version(text).has_value(); },
     "expected a version of numbers such as 2025.1.9, v1.4.0 or 1.2.0-rc1"},
    {"absolutePath", spec::is_absolute_path, "expected an absolute path without \"..\""},
    {"mountPath", spec::is_mount_path, "expected an absolute path without \"..\", ':' or line breaks"},
    {"loadBalancerName", spec::is_load_balancer_name, "expected 1 to 102 letters, digits and . - _ :"},
    {"container", spec::is_foreign_container, "expected the name of a container as docker ps shows it"},
    {"balancerServer", spec::is_balancer_server,
     "expected a load balancer of teald.yaml and a server there: edge/old1"},
    {"routeHost", spec::is_route_host,
     "expected a host name in lower case such as shop.example.com, or *.example.com, without scheme or port"},
    {"routePath", spec::is_route_path,
     "expected a path such as /api of letters, digits and - . _ ~ @ : + = , without empty, \".\" or \"..\" parts"},
    {"databaseName",
     [](std::string_view text) { return !text.empty() && text.size() <= 63 && !spec::has_control_character(text); },
     "expected a name of 1 to 63 bytes"},
}};

// What another program should have replaced before the file was saved here.
bool is_template(std::string_view text) {
  constexpr std::array<std::string_view, 4> marks{"${", "$(", "{{", "<%"};
  return std::ranges::any_of(marks, [&](std::string_view mark) { return text.find(mark) != std::string_view::npos; });
}

}  // namespace

void DescribedRules::form(std::string_view form, const std::string& text, const std::string& path) {
  const auto found = std::ranges::find(forms, form, &Form::name);
  if (found == forms.end()) return;
  std::string expected{found->expected};
  if (is_template(text))
    expected += "; ${…}, {{…}} and the like are not filled in here: save the file with them filled in";
  rules_.require(found->fits(text), path, std::move(expected));
}

void DescribedRules::count(std::size_t size, const std::string& path, const wire::About& about) {
  if (about.most_items > 0) rules_.count(size, about.most_items, path);
}

void DescribedRules::check(int value, const std::string& path, const wire::About& about) {
  if (!about.least && !about.most) return;
  const auto bound = [](const std::optional<double>& limit, int otherwise) {
    return limit ? static_cast<int>(*limit) : otherwise;
  };
  rules_.range(value, bound(about.least, std::numeric_limits<int>::min()),
               bound(about.most, std::numeric_limits<int>::max()), path);
}

void DescribedRules::check(double value, const std::string& path, const wire::About& about) {
  if (!about.least || !about.most) return;
  rules_.require(value >= *about.least && value <= *about.most, path,
                 fmt::format("expected {} to {}", *about.least, *about.most));
}

void DescribedRules::check(Duration value, const std::string& path, const wire::About& about) {
  rules_.duration(value, about.shortest, path);
}

void DescribedRules::check(const std::string& text, const std::string& path, const wire::About& about) {
  if (!about.omitted || !text.empty()) form(about.form, text, path);
}

void DescribedRules::check(const std::vector<std::string>& list, const std::string& path, const wire::About& about) {
  if (about.form == "program") {
    rules_.require(!list.empty(), path, "expected a command: a list with at least the program");
  }
  if (about.form == "program" || about.form == "command") rules_.command(list, path);
  count(list.size(), path, about);
  for (std::size_t i = 0; i < list.size(); ++i) form(about.items, list[i], yaml::item_path(path, i));
}

void DescribedRules::check(const spec::ValueSource& source, const std::string& path, const wire::About& about) {
  rules_.source(source, path);
  if (about.form != "secret") return;
  rules_.require(source.kind != spec::ValueSource::Kind::Literal, path,
                 "a password is not written into a manifest: expected {fromFile: …}, {fromEnv: …} or {fromExec: […]}");
}

void DescribedRules::check(const spec::Environment& environment, const std::string& path, const wire::About&) {
  rules_.environment(environment, path);
}

}  // namespace teal::rules
