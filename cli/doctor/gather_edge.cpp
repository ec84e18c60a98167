// The part of gathering that looks at what load balancers listen on and serve.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "cli/doctor/gather.hpp"
#include "daemon/runtime/certificate_bundle.hpp"
#include "manifests/masking/secret.hpp"

namespace teal::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_certificates = 200;
constexpr std::string_view listening = "0A";  // a state in /proc/net/tcp

std::string whole_text_of(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// Port → inode of a socket that listens there: of lines as "0: 00000000:0050 00000000:0000 0A … 0 1234 …".
std::map<int, std::string> listening_sockets() {
  std::map<int, std::string> sockets;
  for (const auto* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::istringstream lines{whole_text_of(table)};
    for (std::string line; std::getline(lines, line);) {
      std::istringstream fields{line};
      std::vector<std::string> words;
      for (std::string word; fields >> word;) words.push_back(word);
      if (words.size() < 10 || words[3] != listening) continue;
      const auto colon = words[1].rfind(':');
      int port = 0;
      const auto* end = words[1].data() + words[1].size();
      if (std::from_chars(words[1].data() + colon + 1, end, port, 16).ec == std::errc{}) sockets[port] = words[9];
    }
  }
  return sockets;
}

// "nginx (pid 12)"; empty where it cannot be seen.
std::string holder_of_socket(const std::string& inode) {
  const auto wanted = fmt::format("socket:[{}]", inode);
  std::error_code failed;
  for (fs::directory_iterator process{"/proc", failed}, end; !failed && process != end; process.increment(failed)) {
    const auto pid = process->path().filename().string();
    if (pid.find_first_not_of("0123456789") != pid.npos) continue;
    std::error_code closed;
    for (fs::directory_iterator file{process->path() / "fd", closed}; !closed && file != end; file.increment(closed)) {
      std::error_code gone;
      if (fs::read_symlink(file->path(), gone) != wanted) continue;
      auto name = whole_text_of(process->path() / "comm");
      name.resize(std::min(name.find('\n'), name.size()));
      return fmt::format("{} (pid {})", name, pid);
    }
  }
  return {};
}

}  // namespace

std::vector<TakenPort> listeners_on(const std::vector<std::string>& addresses) {
  std::vector<TakenPort> taken;
  const auto sockets = listening_sockets();
  for (const auto& address : addresses) {
    int port = 0;
    const auto from = std::min(address.rfind(':') + 1, address.size());
    std::from_chars(address.data() + from, address.data() + address.size(), port);
    const auto found = sockets.find(port);
    if (found != sockets.end()) taken.push_back({port, holder_of_socket(found->second)});
  }
  return taken;
}

std::vector<CertificateFacts> certificates_in(const std::string& folder) {
  std::set<fs::path> paths;
  std::error_code failed;
  for (fs::directory_iterator file{folder, failed}, end; !failed && file != end; file.increment(failed)) {
    if (file->path().extension() == ".pem" && paths.size() < most_certificates) paths.insert(file->path());
  }
  std::vector<CertificateFacts> found;
  for (const auto& path : paths) {
    auto text = whole_text_of(path);
    if (text.empty()) continue;  // for root's and teald's eyes only
    const auto bundle = runtime::read_bundle(text);
    masking::Secret::overwrite(text);
    auto& certificate = found.emplace_back();
    certificate.path = path.string();
    if (bundle) {
      certificate.expires = bundle->expires;
    } else {
      certificate.trouble = bundle.error().message;
    }
  }
  return found;
}

std::string level_in(std::string_view answer) {
  for (const std::string_view level : {"admin", "operator", "user"}) {
    if (answer.find(level) != answer.npos) return std::string{level};
  }
  return {};
}

int backends_in(std::string_view answer) {
  std::istringstream lines{std::string{answer}};
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != '#' && line != "MASTER") ++count;
  }
  return count;
}

}  // namespace teal::cli
