#include "tests/integration/planted.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "manifests/foundation/digest.hpp"
#include "tests/support/process.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* variable = "TEAL_TEST_PLANTED";

std::string make(const std::string& kind) {
  static std::mt19937_64 random{std::random_device{}()};
  return fmt::format("{}{}{:016x}", planted_prefix, kind, random());
}

// What base64 of it must hold, wherever it begins in a longer text: without the characters that its neighbours share.
std::vector<std::string> as_base64(const std::string& value) {
  std::vector<std::string> all;
  for (std::size_t before = 0; before < 3; ++before) {
    auto text = encode_base64(std::string(before, 'x') + value);
    text = text.substr(before == 0 ? 0 : 4);
    all.push_back(text.substr(0, (value.size() - 3) / 3 * 4 - 4));
  }
  return all;
}

}  // namespace

Planted::Planted(std::string folder) : folder_(std::move(folder)) {
  fs::create_directories(folder_);
  for (const auto* kind : {"file", "variable", "program", "json", "job", "envfile"}) values_.push_back(make(kind));
  file("file", values_[0] + "\n");
  ::setenv(variable, values_[1].c_str(), 1);
  file("program", values_[2] + "\n");
  file("json", fmt::format("{{\"value\": \"{}\"}}\n", values_[3]));
  file("job", values_[4] + "\n");
  file("env", fmt::format("PLANTED_LEVEL=info\nPLANTED_PASSWORD={}\n", values_[5]));
}

std::string Planted::file(const std::string& name, const std::string& text) const {
  const auto path = folder_ + "/" + name;
  std::ofstream{path} << text;
  ::chmod(path.c_str(), 0600);
  return path;
}

std::string Planted::env_files(const std::string& env_file) const {
  return fmt::format("  envFiles: [{}/env{}]\n", folder_, env_file.empty() ? "" : ", " + env_file);
}

std::string Planted::env(const std::string& indent) const {
  return fmt::format(
      "{0}PLANTED_FILE: {{fromFile: {1}/file}}\n"
      "{0}PLANTED_VARIABLE: {{fromEnv: {2}}}\n"
      "{0}PLANTED_PROGRAM: {{fromExec: [/bin/cat, {1}/program]}}\n"
      "{0}PLANTED_JSON: {{fromExec: [/bin/cat, {1}/json]}}\n",
      indent, folder_, variable);
}

std::string Planted::credentials(const std::string& indent) const {
  return fmt::format("{0}PLANTED_JOB: {{fromFile: {1}/job}}\n", indent, folder_);
}

void Planted::add(const std::string& value) { values_.push_back(value); }

std::vector<std::string> Planted::found_in(const std::string& where, const std::string& text) const {
  std::vector<std::string> found;
  for (const auto& value : values_) {
    const auto shown = value.starts_with(planted_prefix) ? value.substr(7, value.size() - 23) : "another one";
    if (text.find(value) != std::string::npos) found.push_back(fmt::format("{}: {}", where, shown));
    for (const auto& encoded : as_base64(value)) {
      if (text.find(encoded) != std::string::npos) found.push_back(fmt::format("{}: {}, as base64", where, shown));
    }
  }
  return found;
}

std::vector<std::string> Planted::found_below(const std::string& folder) const {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator{folder, ignored}) {
    if (!entry.is_regular_file(ignored)) continue;
    const auto more = found_in(entry.path().string(), read_text(entry.path().string()));
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

}  // namespace teal::test
