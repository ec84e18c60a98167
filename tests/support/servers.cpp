#include "tests/support/servers.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace teal::test {
namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& word) {
  std::string result = "'";
  for (const char c : word) {
    if (c == '\'') {
      result += "'\\''";
    } else {
      result += c;
    }
  }
  return result + "'";
}

std::string make_folder() {
  std::string pattern = "/tmp/teal-test-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  // postgres is not run as root and must get through.
  fs::permissions(pattern, fs::perms{0755});
  return pattern;
}

// What bash's printf %q wrote, for the values that occur.
std::string unquoted(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    result += text[i];
  }
  return result == "''" ? "" : result;
}

}  // namespace

std::string run_program(const std::vector<std::string>& command) {
  std::string line;
  for (const auto& word : command) line += quoted(word) + " ";
  auto* pipe = ::popen((line + "2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + line);
  std::string output;
  std::array<char, 4096> buffer;
  for (std::size_t count = 0; (count = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), count);
  }
  if (::pclose(pipe) != 0) throw std::runtime_error(line + "failed: " + output);
  return output;
}

Servers::Servers(std::vector<std::string> options) : folder_(make_folder()) {
  try {
    run("up", options);
    read_environment();
  } catch (...) {
    try {
      run("down");
    } catch (const std::exception& error) {
      std::cerr << error.what() << '\n';
    }
    fs::remove_all(folder_);
    throw;
  }
}

Servers::~Servers() {
  try {
    run("down");
    fs::remove_all(folder_);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
  }
}

std::string Servers::run(const std::string& command, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{TEAL_SOURCE_DIR "/deploy/servers", command, folder_ + "/servers"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_program(words);
}

void Servers::read_environment() {
  std::istringstream lines{run("env")};
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals != std::string::npos) values_[line.substr(0, equals)] = unquoted(line.substr(equals + 1));
  }
}

std::string Servers::value(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) throw std::out_of_range("deploy/servers env has no " + name);
  return found->second;
}

void Servers::import_busybox(const std::string& reference, const std::vector<std::string>& options) {
  const fs::path root = folder_ + "/busybox";
  if (!fs::exists(root)) {
    fs::create_directories(root / "bin");
    fs::create_directories(root / "tmp");
    fs::copy_file("/bin/busybox", root / "bin/busybox");
    for (const auto* applet : {"sh", "sleep", "cat", "echo", "kill", "env", "nc", "httpd", "printf", "dd", "seq"}) {
      fs::create_symlink("busybox", root / "bin" / applet);
    }
    run_program({"tar", "-C", root.string(), "-cf", folder_ + "/busybox.tar", "."});
  }
  std::vector<std::string> command{"docker", "-H", value("DOCKER_HOST"), "import"};
  command.insert(command.end(), options.begin(), options.end());
  command.insert(command.end(), {folder_ + "/busybox.tar", reference});
  run_program(command);
}

}  // namespace teal::test
