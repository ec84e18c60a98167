#include "daemon/drivers/load_balancers/haproxy/managed/edge_certificates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"

namespace teal::haproxy {
namespace {

using boost::asio::awaitable;
namespace fs = std::filesystem;

constexpr std::string_view challenge_path = "/.well-known/acme-challenge/";
constexpr std::size_t longest_challenge = 512;
constexpr std::size_t longest_bundle = 15 << 10;  // HAProxy reads a command into one buffer of 16 KiB

// What a map and HAProxy's command line take as it stands.
bool is_plain_word(std::string_view text) {
  return !text.empty() && text.size() <= longest_challenge && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::vector<std::string> names_in(const std::string& folder, std::string_view ending) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto at = fs::directory_iterator{folder, error}; !error && at != fs::directory_iterator{}; at.increment(error)) {
    auto name = at->path().filename().string();
    if (name.ends_with(ending) && !name.starts_with('.')) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string map_text(const std::map<std::string, std::string>& entries) {
  std::string text;
  for (const auto& [key, value] : entries) text += fmt::format("{} {}\n", key, value);
  return text;
}

Result<void> write_changed(const std::string& path, const std::string& text, unsigned mode) {
  const auto present = read_file(path);
  if (present && *present == text) return {};
  return write_file(path, text, mode);
}

// Words of HAProxy's that a change of certificates ends with.
bool has_worked(std::string_view answer) {
  return answer.find("Success!") != std::string_view::npos || answer.find("deleted") != std::string_view::npos ||
         answer.find("created") != std::string_view::npos || answer.find("updated") != std::string_view::npos ||
         answer.find("New empty") != std::string_view::npos;
}

}  // namespace

std::string EdgeCertificates::copy_of(const std::string& name) const { return place_.file("certificates/" + name); }
std::string EdgeCertificates::challenges() const { return place_.file("acme") + std::string{challenge_path}; }

EdgeCertificates::Stamps EdgeCertificates::stamps() const {
  Stamps found;
  if (!folder_.empty()) {
    for (const auto& name : names_in(folder_, ".pem")) found.emplace(name, stamp_of(folder_ + "/" + name));
  }
  for (const auto& name : names_in(challenges(), "")) {
    const auto path = challenges() + name;
    found.emplace(path, stamp_of(path));
  }
  return found;
}

bool EdgeCertificates::has_changed() const { return !has_read_ || stamps() != seen_; }

void EdgeCertificates::read_bundles() {
  std::map<std::string, runtime::CertificateBundle> bundles;
  std::map<std::string, std::string> problems;
  for (const auto& name : folder_.empty() ? std::vector<std::string>{} : names_in(folder_, ".pem")) {
    if (!is_plain_word(name)) {
      problems.emplace(name, "its name may have letters, digits and . _ - only");
      continue;
    }
    const auto text = read_file(folder_ + "/" + name);
    auto bundle = text ? runtime::read_bundle(*text) : Result<runtime::CertificateBundle>{text.error()};
    if (bundle && bundle->text.size() > longest_bundle) {
      bundle = Error{ErrorCode::invalid,
                     fmt::format("its certificates and key are {} bytes, and HAProxy takes {} over at run time: leave "
                                 "those out that its clients have themselves",
                                 bundle->text.size(), longest_bundle)};
    }
    const auto refused = bundle ? refused_.find(bundle->text) : refused_.end();
    if (bundle && refused == refused_.end()) {
      bundles.emplace(name, std::move(*bundle));
      continue;
    }
    problems.emplace(name, bundle ? refused->second : bundle.error().message);
    // Half a file of a renewal: the one before goes on.
    if (const auto before = bundles_.find(name); before != bundles_.end()) bundles.insert(*before);
  }
  for (const auto& [name, problem] : problems) tell_problem(name, problem);
  bundles_ = std::move(bundles);
  problems_ = std::move(problems);
}

void EdgeCertificates::tell_problem(const std::string& name, std::string problem) {
  auto& told = problems_[name];
  if (told == problem) return;
  told = std::move(problem);
  news_.push_back(fmt::format("certificate {}/{} is not served: {}", folder_, name, told));
}

void EdgeCertificates::read_challenges() {
  challenges_.clear();
  for (const auto& name : names_in(challenges(), "")) {
    const auto text = read_file(challenges() + name);
    if (!text || !is_plain_word(name) || !is_plain_word(trimmed(*text))) continue;
    challenges_.emplace(std::string{challenge_path} + name, trimmed(*text));
  }
}

Result<void> EdgeCertificates::write_copies() {
  if (auto made = make_folder(place_.file("certificates")); !made) return made;
  std::string list;
  std::map<std::string, std::string> hosts;
  for (const auto& [name, bundle] : bundles_) {
    if (auto written = write_changed(copy_of(name), bundle.text, 0600); !written) return written;
    list += copy_of(name) + "\n";
    for (const auto& host : bundle.hosts) hosts.emplace(host, "1");
  }
  // The list after what it names, and before what it no longer names goes.
  if (auto written = write_changed(place_.file("certificates.list"), list, 0640); !written) return written;
  for (const auto& name : names_in(place_.file("certificates"), ".pem")) {
    std::error_code ignored;
    if (!bundles_.contains(name)) fs::remove(copy_of(name), ignored);
  }
  if (auto written = write_changed(place_.file("tls.map"), map_text(hosts), 0640); !written) return written;
  return write_changed(place_.file("acme.map"), map_text(challenges_), 0640);
}

Result<void> EdgeCertificates::read() {
  std::error_code ignored;
  fs::create_directories(challenges(), ignored);
  auto stamps_then = stamps();
  read_bundles();
  read_challenges();
  told_.clear();
  if (auto written = write_copies(); !written) return written;
  seen_ = std::move(stamps_then);
  has_read_ = true;
  return {};
}

std::map<std::string, Time> EdgeCertificates::expiries() const {
  std::map<std::string, Time> all;
  for (const auto& [name, bundle] : bundles_) all.emplace(name, bundle.expires);
  return all;
}

std::vector<world::Certificate> EdgeCertificates::served() const {
  std::vector<world::Certificate> all;
  for (const auto& [name, bundle] : bundles_) all.push_back({folder_ + "/" + name, bundle.hosts, bundle.expires});
  return all;
}

awaitable<Result<void>> EdgeCertificates::tell(EdgeProcess& process, std::string pid) {
  if (auto set = co_await process.set_map(place_.file("acme.map"), challenges_); !set) co_return set;
  const bool has_tls = std::ranges::any_of(place_.listen, [](const EdgeListener& one) { return one.tls; });
  if (!has_tls) {
    told_ = pid;
    co_return Result<void>{};
  }
  const auto list = place_.file("certificates.list");
  const auto present = co_await process.ask("certificates", "show ssl crt-list " + list);
  if (!present) co_return present.error();
  bool any_refused = false;
  std::vector<std::string> names;
  for (const auto& [name, bundle] : bundles_) names.push_back(name);
  for (const auto& name : names) {
    const auto refusal = co_await serve(process, name, present->find(copy_of(name) + "\n") != std::string::npos);
    if (!refusal) co_return refusal.error();
    if (refusal->empty()) continue;
    set_aside(name, *refusal);
    any_refused = true;
  }
  if (any_refused) {
    if (auto written = write_copies(); !written) co_return written;
  }
  if (auto dropped = co_await drop(process, *present); !dropped) co_return dropped;
  std::map<std::string, std::string> hosts;
  for (const auto& [name, bundle] : bundles_) {
    for (const auto& host : bundle.hosts) hosts.emplace(host, "1");
  }
  if (auto set = co_await process.set_map(place_.file("tls.map"), std::move(hosts)); !set) co_return set;
  told_ = pid;
  co_return Result<void>{};
}

// A reload would not load it either, so it must not stay in the files.
void EdgeCertificates::set_aside(const std::string& name, const std::string& problem) {
  refused_.insert_or_assign(bundles_.at(name).text, problem);
  const auto before = served_.find(name);
  if (before == served_.end()) {
    bundles_.erase(name);
  } else {
    bundles_.insert_or_assign(name, before->second);
  }
  tell_problem(name, problem);
}

awaitable<Result<std::string>> EdgeCertificates::serve(EdgeProcess& process, std::string name, bool is_listed) {
  const auto path = copy_of(name);
  const auto bundle = bundles_.at(name);
  std::vector<std::string> lines;
  if (!is_listed) lines.push_back("new ssl cert " + path);  // refused where it is there unlisted; then set
  lines.push_back(fmt::format("set ssl cert {} <<\n{}", path, bundle.text));
  lines.push_back("commit ssl cert " + path);
  if (!is_listed) lines.push_back(fmt::format("add ssl crt-list {} {}", place_.file("certificates.list"), path));
  for (const auto& line : lines) {
    const auto answer = co_await process.ask("certificates", line);
    if (!answer) co_return answer.error();
    if (has_worked(*answer) || line.starts_with("new ")) continue;
    // A change that is left open would be in the way of every other one.
    const auto given_up = co_await process.ask("certificates", "abort ssl cert " + path);
    if (!given_up) co_return given_up.error();
    if (!is_listed) static_cast<void>(co_await process.ask("certificates", "del ssl cert " + path));
    co_return fmt::format("HAProxy refuses it: {}", shown(*answer));
  }
  served_.insert_or_assign(name, bundle);
  co_return std::string{};
}

// Takes what is no longer there out of those that the process has.
awaitable<Result<void>> EdgeCertificates::drop(EdgeProcess& process, std::string present) {
  const auto list = place_.file("certificates.list");
  const auto prefix = place_.file("certificates/");
  for (auto rest = std::string_view{present}; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.starts_with(prefix) || bundles_.contains(std::string{line.substr(prefix.size())})) continue;
    for (auto& command : {fmt::format("del ssl crt-list {} {}", list, line), fmt::format("del ssl cert {}", line)}) {
      const auto answer = co_await process.ask("certificates", command);
      if (!answer) co_return answer.error();
    }
  }
  co_return Result<void>{};
}

}  // namespace teal::haproxy
