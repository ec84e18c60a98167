#include "manifests/validate/supported.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teal::rules {
namespace {

class Unsupported {
 public:
  void note(bool used, std::string_view path, std::string_view instead) {
    if (used) sentences_.push_back(fmt::format("{}: not supported yet: {}", path, instead));
  }
  std::vector<std::string> take() { return std::move(sentences_); }

 private:
  std::vector<std::string> sentences_;
};

}  // namespace

std::vector<std::string> unsupported_features(const spec::Application& application) {
  const auto& spec = application.spec;
  Unsupported found;
  const bool can_look =
      std::ranges::all_of(spec.migration.jobs, [](const spec::Job& job) { return job.database.has_value(); });
  found.note(spec.migration.strict_credentials && !can_look, "spec.migration.strictCredentials",
             "give every job its database, without which nobody can look at its users; or set it to false");
  return found.take();
}

}  // namespace teal::rules
