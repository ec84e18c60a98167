// What `teal init` will write, and what becomes of it: a manifest, its env file and the files of its secrets.
//
// The manifest holds only what is no default. It has been parsed again, and means the draft, before it is handed out.
// Where a variable goes: equal in all components, into the env file; a secret's or one of several lines, into a file of
// its own; any other, into the component's `env`. No value is in a remark or an error.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"
#include "manifests/spec/application.hpp"

namespace teal::cli {

// Something that the user has to know: what was not taken over, or what to look at.
struct Remark {
  std::string where;  // "docker-compose.yml:12", "container web"; may be empty
  std::string text;
};

// "docker-compose.yml:12: devices: …"
[[nodiscard]] std::string to_string(const Remark& remark);

// What one component or migration job is made of.
struct Part {
  spec::Component component;  // its `env` is empty: that is made of `values`
  std::map<std::string, std::string> values;
};

struct Draft {
  std::string name;
  std::string image;
  std::string version;
  spec::PullPolicy pull_policy = spec::PullPolicy::IfNotPresent;
  std::vector<Part> components;
  std::vector<Part> jobs;         // of the migration: name, command, mounts and security of their `component` count
  std::set<std::string> to_fill;  // variables of jobs whose values the user writes into their files
  std::string host;               // whose requests the first component behind a load balancer gets; empty: none
  std::optional<bool> managed;    // teald.yaml says that its load balancer is one that teald manages; none: not known
  std::string from;               // "docker-compose.yml"; empty: what the user said
  std::vector<Remark> remarks;    // they stand at the manifest's head too
};

struct OutputFile {
  std::string path;
  std::string text;
  bool is_secret = false;  // for its owner's eyes only
};

struct Output {
  std::string manifest;  // its path
  std::vector<OutputFile> files;
  std::vector<Remark> remarks;
};

// `directory` is absolute. Errors: invalid, with every diagnostic of the manifest that it would have been.
[[nodiscard]] Result<Output> output_of(const Draft& draft, const std::string& directory);

// A word of a-z, 0-9 and - made of any text; empty when nothing of it is left.
[[nodiscard]] std::string name_out_of(std::string_view text);

struct ImageWords {
  std::string repository;
  std::string tag;     // empty: none
  std::string digest;  // "sha256:…"; empty: none
};

// "registry:5000/shop:1.2@sha256:…" taken apart.
[[nodiscard]] ImageWords image_words(std::string_view image);

// Image and version of an image as people name it, and what is to be said about it.
void set_image(Draft& draft, std::string_view image, const std::string& where);

}  // namespace teal::cli
