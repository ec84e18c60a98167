#include "tests/support/docker_stand_in/server.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "manifests/foundation/percent.hpp"
#include "tests/support/docker_stand_in/answers.hpp"

namespace teal::test::stand_in {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::awaitable;
using namespace std::chrono_literals;
using Unix = asio::local::stream_protocol;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

Said refusal(int status, const std::string& message) {
  return {status, fmt::format(R"({{"message":{}}})", quoted(message))};
}

Said no_such(const std::string& id) { return refusal(404, "No such container: " + id); }

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      plain += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

// "/v1.44/containers/json?all=1" → "/containers/json".
Asked parse_target(std::string method, std::string_view target) {
  Asked asked;
  asked.method = std::move(method);
  if (target.starts_with("/v1.")) target.remove_prefix(target.find('/', 1));
  const auto question = target.find('?');
  asked.path = target.substr(0, question);
  while (question != target.npos && !target.empty()) {
    target.remove_prefix(asked.query.empty() && target.find('?') != target.npos ? target.find('?') + 1 : 0);
    const auto end = std::min(target.find('&'), target.size());
    const auto pair = target.substr(0, end);
    const auto equals = std::min(pair.find('='), pair.size());
    asked.query[std::string{pair.substr(0, equals)}] = decoded(pair.substr(std::min(equals + 1, pair.size())));
    target.remove_prefix(std::min(end + 1, target.size()));
  }
  return asked;
}

// Of `filters`, which clients write as lists, older ones as objects.
std::vector<std::string> filter(const Asked& asked, std::string_view name) {
  std::vector<std::string> all;
  const auto found = asked.query.find("filters");
  if (found == asked.query.end()) return all;
  const auto parsed = json::parse(found->second);
  const auto* values = parsed.as_object().if_contains(name);
  if (values == nullptr) return all;
  if (const auto* list = values->if_array()) {
    for (const auto& one : *list) all.emplace_back(one.as_string());
  } else {
    for (const auto& one : values->as_object()) all.emplace_back(one.key());
  }
  return all;
}

std::string query(const Asked& asked, const std::string& key) {
  const auto found = asked.query.find(key);
  return found == asked.query.end() ? std::string{} : found->second;
}

// "1796075933.000000001" → nanoseconds; 0: it is not there.
std::int64_t moment(const Asked& asked, const std::string& key) {
  const auto text = query(asked, key);
  if (text.empty()) return 0;
  const auto point = text.find('.');
  auto rest = point == text.npos ? std::string{} : text.substr(point + 1);
  rest.resize(9, '0');
  return std::stoll(text.substr(0, point)) * 1'000'000'000 + std::stoll(rest);
}

bool is_wanted(const Event& event, const std::vector<std::string>& labels, const std::vector<std::string>& actions) {
  return (actions.empty() || std::ranges::find(actions, event.action) != actions.end()) &&
         has_labels(event.labels, labels);
}

std::string chunk(std::string_view text) { return fmt::format("{:x}\r\n{}\r\n", text.size(), text); }

const json::value* at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto* found = at(object, key);
  return found == nullptr ? std::string{} : std::string{found->as_string()};
}

std::vector<std::string> words_at(const json::object& object, std::string_view key) {
  std::vector<std::string> words;
  if (const auto* found = at(object, key)) {
    for (const auto& one : found->as_array()) words.emplace_back(one.as_string());
  }
  return words;
}

// As the engine shows what it was given.
Said read_mounts(const json::object& host, Container& container) {
  const auto* wanted = at(host, "Mounts");
  if (wanted == nullptr) return {};
  json::array shown;
  for (const auto& one : wanted->as_array()) {
    const auto source = text_at(one.as_object(), "Source");
    struct ::stat status{};
    if (::stat(source.c_str(), &status) != 0) {
      return refusal(400, "invalid mount config for type \"bind\": bind source path does not exist: " + source);
    }
    json::object entry;
    entry["Type"] = "bind";
    entry["Source"] = source;
    entry["Destination"] = text_at(one.as_object(), "Target");
    entry["Mode"] = "";
    entry["RW"] = false;
    entry["Propagation"] = "rprivate";
    shown.push_back(std::move(entry));
  }
  container.mounts = json::serialize(shown);
  return {};
}

Said read_body(const json::object& body, const Image& image, Container& container) {
  container.image = text_at(body, "Image");
  container.image_id = image.id;
  container.labels = image.labels;
  if (const auto* labels = at(body, "Labels")) {
    for (const auto& one : labels->as_object()) container.labels[one.key()] = one.value();
  }
  if (const auto* env = at(body, "Env")) container.env = json::serialize(*env);
  container.words = words_at(body, "Cmd");
  if (container.words.empty()) container.words = image.command;
  if (const auto* command = at(body, "Cmd")) container.command = json::serialize(*command);
  container.stop_signal = text_at(body, "StopSignal");
  if (container.stop_signal.empty()) container.stop_signal = "SIGTERM";
  if (const auto* ports = at(body, "ExposedPorts"); ports != nullptr && !ports->as_object().empty())
    container.port = std::stoi(std::string{ports->as_object().begin()->key()});
  container.log_config = R"({"Type":"json-file","Config":{}})";
  const auto* host = at(body, "HostConfig");
  if (host == nullptr) return {};
  const auto* log = at(host->as_object(), "LogConfig");
  if (log != nullptr && !text_at(log->as_object(), "Type").empty()) container.log_config = json::serialize(*log);
  return read_mounts(host->as_object(), container);
}

bool is_signal(std::string name) {
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (const auto* known : {"TERM", "KILL", "INT", "QUIT", "HUP", "USR1", "USR2", "WINCH"}) {
    if (name == known) return true;
  }
  return false;
}

// The last lines of a log of whole frames.
std::string tail(std::string_view frames, std::size_t lines) {
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at + 8 <= frames.size();) {
    starts.push_back(at);
    std::size_t size = 0;
    for (std::size_t i = 4; i < 8; ++i) size = size << 8 | static_cast<unsigned char>(frames[at + i]);
    at += 8 + size;
  }
  return std::string{starts.size() <= lines ? frames : frames.substr(starts[starts.size() - lines])};
}

}  // namespace

Server::Server(asio::io_context& loop, const std::string& socket, int first_port)
    : loop_(loop), acceptor_(loop, Unix::endpoint{socket}), replicas_(loop.get_executor(), first_port) {
  containers_.told = [this](const Event& event) {
    for (const auto& follower : followers_) {
      if (!is_wanted(event, follower->labels, follower->actions)) continue;
      follower->waiting += event.text;
      follower->bell.cancel();
    }
  };
  asio::co_spawn(loop_, accept_all(), asio::detached);
}

awaitable<void> Server::accept_all() {
  for (;;) {
    auto [failure, client] = co_await acceptor_.async_accept(as_result);
    if (failure) co_return;
    asio::co_spawn(loop_, serve(std::move(client)), asio::detached);
  }
}

awaitable<void> Server::serve(Socket client) {
  for (std::string text;;) {
    const auto [failure, size] =
        co_await asio::async_read_until(client, asio::dynamic_buffer(text), "\r\n\r\n", as_result);
    if (failure) co_return;
    const auto head = text.substr(0, size);
    text.erase(0, size);
    const auto method = head.substr(0, head.find(' '));
    const auto rest = head.substr(method.size() + 1);
    auto asked = parse_target(method, std::string_view{rest}.substr(0, rest.find(' ')));
    if (const auto length = head.find("Content-Length: "); length != head.npos) {
      const auto wanted = static_cast<std::size_t>(std::atol(head.c_str() + length + 16));
      if (text.size() < wanted) {
        const auto more = asio::transfer_exactly(wanted - text.size());
        const auto [cut, count] = co_await asio::async_read(client, asio::dynamic_buffer(text), more, as_result);
        if (cut) co_return;
      }
      asked.body = text.substr(0, wanted);
      text.erase(0, wanted);
    }
    if (asked.path == "/events") {
      ++counts_["events"];
      if (!co_await tell_events(client, asked)) co_return;
      continue;
    }
    const bool is_head = method == "HEAD";
    const auto said = co_await answer(std::move(asked));
    auto whole = fmt::format(
        "HTTP/1.1 {} {}\r\nApi-Version: 1.51\r\nOstype: linux\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        said.status, said.status < 400 ? "OK" : "Refused", said.type, said.body.size());
    if (!is_head) whole += said.body;
    const auto [broken, written] = co_await asio::async_write(client, asio::buffer(whole), as_result);
    if (broken) co_return;
  }
}

awaitable<void> Server::wait(std::chrono::microseconds time) {
  if (pace_.of <= 0) co_return;
  asio::steady_timer timer{loop_};
  timer.expires_after(std::chrono::duration_cast<std::chrono::microseconds>(time * pace_.of));
  co_await timer.async_wait(asio::use_awaitable);
}

awaitable<Said> Server::answer(Asked asked) {
  const auto& path = asked.path;
  if (path == "/_ping") co_return Said{200, "OK", "text/plain"};
  if (path == "/stand-in/counts") co_return Said{200, counts(), "text/plain"};
  if (path == "/stand-in/pace") {
    pace_.of = std::atof(query(asked, "of").c_str());
    co_return Said{};
  }
  if (path == "/containers/json") co_return co_await list(std::move(asked));
  if (path == "/containers/create") co_return co_await create(std::move(asked));
  if (path == "/images/create") {
    ++counts_["pull"];
    co_return co_await pull(query(asked, "fromImage"), query(asked, "tag"));
  }
  if (path == "/commit") co_return co_await commit(std::move(asked));
  ++counts_[path.starts_with("/images/") ? "image" : path.starts_with("/containers/") ? "container" : "engine"];
  if (path.starts_with("/containers/")) {
    const auto rest = path.substr(12);
    const auto slash = std::min(rest.find('/'), rest.size());
    auto verb = slash == rest.size() ? std::string{} : rest.substr(slash + 1);
    auto id = decoded(rest.substr(0, slash));
    co_return co_await about_container(std::move(asked), std::move(id), std::move(verb));
  }
  if (path.starts_with("/images/")) {
    auto reference = decoded(path.substr(8, path.size() - 8 - (path.ends_with("/json") ? 5 : 0)));
    co_return co_await about_image(std::move(asked), std::move(reference));
  }
  co_await wait(pace_.read);
  if (path == "/version") co_return Said{200, version_answer()};
  if (path == "/info") co_return Said{200, info_answer(containers_)};
  if (path == "/networks/bridge") co_return Said{200, bridge_answer(began_)};
  co_return refusal(404, "page not found");
}

awaitable<Said> Server::list(Asked asked) {
  ++counts_["list"];
  auto all = containers_.list(filter(asked, "label"));
  const bool only_running = query(asked, "all").empty() || query(asked, "all") == "0";
  if (only_running) std::erase_if(all, [](const auto& one) { return one->state != State::Running; });
  // As a pattern "^/?name$", which is all that is asked for by name.
  for (auto name : filter(asked, "name")) {
    if (name.starts_with("^/?")) name = name.substr(3, name.size() - 4);
    std::erase_if(all, [&](const auto& one) { return one->name != name; });
  }
  co_await wait(pace_.read + pace_.each_listed * static_cast<long>(all.size()));
  std::string body = "[";
  for (const auto& one : all) {
    if (body.size() > 1) body += ',';
    body += listed(*one);
  }
  co_return Said{200, body + "]"};
}

awaitable<Said> Server::create(Asked asked) {
  ++counts_["create"];
  co_await wait(pace_.create);
  const auto body = json::parse(asked.body).as_object();
  const auto* image = containers_.image(text_at(body, "Image"));
  if (image == nullptr) co_return refusal(404, "No such image: " + text_at(body, "Image"));
  Container container;
  container.id = digest_of(fmt::format("container {} of {}", ++made_, began_));
  container.name = query(asked, "name");
  if (container.name.empty()) container.name = "nameless_" + std::to_string(made_);
  if (containers_.is_taken(container.name)) {
    co_return refusal(409, fmt::format("Conflict. The container name \"/{}\" is already in use by container \"{}\". "
                                       "You have to remove (or rename) that container to be able to reuse that name.",
                                       container.name, containers_.find(container.name)->id));
  }
  container.created = now();
  const auto read = read_body(body, *image, container);
  if (read.status != 200) co_return read;
  const auto added = containers_.add(std::move(container));
  co_return Said{201, fmt::format(R"({{"Id":"{}","Warnings":[]}})", added->id)};
}

awaitable<Said> Server::about_container(Asked asked, std::string id, std::string verb) {
  const auto container = containers_.find(id);
  if (!container) {
    co_await wait(pace_.read);
    co_return no_such(id);
  }
  if (verb == "json") {
    co_await wait(pace_.read);
    co_return Said{200, inspected(*container)};
  }
  if (verb == "start") co_return co_await start(container);
  if (verb == "kill") co_return co_await signal(container, query(asked, "signal"));
  if (verb == "logs") {
    const auto lines = query(asked, "tail");
    const auto most = lines.empty() || lines == "all" ? std::string::npos : std::stoul(lines);
    co_return Said{200, tail(container->output, most), "application/vnd.docker.multiplexed-stream"};
  }
  if (verb == "rename") {
    containers_.rename(container, query(asked, "name"));
    co_return Said{204, ""};
  }
  if (asked.method == "DELETE" && verb.empty()) {
    const auto force = query(asked, "force");
    co_return co_await remove(container, force == "1" || force == "true");
  }
  co_return refusal(404, "page not found");
}

awaitable<Said> Server::start(ContainerPtr container) {
  co_await wait(pace_.start);
  if (container->state == State::Running) co_return Said{304, ""};
  if (!containers_.find(container->id)) co_return no_such(container->id);
  const auto behaviour = behaviour_of(container->words);
  if (!behaviour.can_start) {
    const auto why = fmt::format(
        "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create "
        "failed: unable to start container process: error during container init: exec: \"{0}\": stat {0}: no such "
        "file or directory: unknown",
        container->words[0]);
    containers_.fail_to_start(container, why);
    co_return refusal(400, why);
  }
  const int port = container->port == 0 ? 0 : replicas_.open();
  if (container->port != 0 && port == 0) co_return refusal(500, "all ports are allocated");
  containers_.start(container, port);
  if (behaviour.ends_after_ms) {
    asio::co_spawn(loop_,
                   end_later(container, std::chrono::milliseconds{*behaviour.ends_after_ms}, behaviour.exit_code),
                   asio::detached);
  }
  co_return Said{204, ""};
}

awaitable<void> Server::end_later(ContainerPtr container, std::chrono::microseconds after, int code) {
  asio::steady_timer timer{loop_};
  timer.expires_after(after);
  co_await timer.async_wait(asio::use_awaitable);
  end(container, code);
}

void Server::end(const ContainerPtr& container, int code) {
  if (container->host_port != 0) replicas_.close(container->host_port);
  containers_.end(container, code);
}

awaitable<Said> Server::signal(ContainerPtr container, std::string signal) {
  co_await wait(pace_.signal);
  if (!is_signal(signal)) co_return refusal(400, "Invalid signal: " + signal);
  if (container->state != State::Running) {
    co_return refusal(
        409, fmt::format("Cannot kill container: {0}: container {0} is not running", container->id.substr(0, 12)));
  }
  containers_.note_signal(container, signal);
  const bool kills = signal.ends_with("KILL");
  if (kills || behaviour_of(container->words).heeds_stop)
    asio::co_spawn(loop_, end_later(container, pace_.of > 0 ? pace_.end : 1ms, kills ? 137 : 0), asio::detached);
  co_return Said{204, ""};
}

awaitable<Said> Server::remove(ContainerPtr container, bool forced) {
  if (container->state == State::Running && !forced)
    co_return refusal(409, "cannot remove container \"/" + container->name + "\": container is running");
  co_await wait(pace_.remove);
  if (!containers_.find(container->id)) co_return no_such(container->id);
  end(container, 137);
  containers_.remove(container);
  co_return Said{204, ""};
}

awaitable<Said> Server::about_image(Asked asked, std::string reference) {
  co_await wait(pace_.read);
  const auto* image = containers_.image(reference);
  if (image == nullptr) co_return refusal(404, "No such image: " + reference);
  if (asked.method == "DELETE") co_return Said{200, "[]"};
  co_return Said{200, inspected(*image)};
}

awaitable<Said> Server::pull(std::string repository, std::string tag) {
  co_await wait(pace_.pull);
  if (!repository.starts_with("registry.example/")) {
    const auto host = repository.substr(0, repository.find('/'));
    co_return refusal(500, fmt::format("Get \"https://{0}/v2/\": dial tcp {0}: connect: connection refused", host));
  }
  const auto reference = repository + ":" + tag;
  if (containers_.image(reference) == nullptr) containers_.add_image(reference);
  co_return Said{200, fmt::format("{{\"status\":\"Pulling from {}\",\"id\":\"{}\"}}\r\n"
                                  "{{\"status\":\"Digest: sha256:{}\"}}\r\n"
                                  "{{\"status\":\"Status: Downloaded newer image for {}\"}}\r\n",
                                  repository, tag, digest_of(reference), reference)};
}

awaitable<Said> Server::commit(Asked asked) {
  const auto container = containers_.find(query(asked, "container"));
  if (!container) co_return no_such(query(asked, "container"));
  auto repository = query(asked, "repo");
  for (const std::string_view prefix : {"docker.io/", "library/"}) {  // the command writes names out in full
    if (repository.starts_with(prefix)) repository.erase(0, prefix.size());
  }
  auto& image = containers_.add_image(repository + ":" + query(asked, "tag"));
  image.labels = container->labels;
  image.command = container->words;
  co_return Said{201, fmt::format(R"({{"Id":"{}"}})", image.id)};
}

awaitable<bool> Server::tell_events(Socket& client, const Asked& asked) {
  const auto labels = filter(asked, "label");
  const auto actions = filter(asked, "event");
  const auto since = moment(asked, "since");
  const auto until = moment(asked, "until");
  std::string head =
      "HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto follower = std::make_shared<Follower>(Follower{labels, actions, {}, asio::steady_timer{loop_}});
  for (const auto& event : containers_.events()) {
    const bool in_time = since != 0 && event.time >= since && (until == 0 || event.time <= until);
    if (in_time && is_wanted(event, labels, actions)) follower->waiting += event.text;
  }
  if (until != 0) {
    if (!follower->waiting.empty()) head += chunk(follower->waiting);
    head += "0\r\n\r\n";
    const auto [broken, written] = co_await asio::async_write(client, asio::buffer(head), as_result);
    co_return !broken;
  }
  followers_.push_back(follower);
  for (auto text = std::move(head);;) {
    if (!text.empty()) {
      const auto [broken, written] = co_await asio::async_write(client, asio::buffer(text), as_result);
      if (broken) break;
    }
    if (follower->waiting.empty()) {
      follower->bell.expires_after(1h);
      (void)co_await follower->bell.async_wait(as_result);
    }
    const auto told = std::exchange(follower->waiting, {});
    text = told.empty() ? std::string{} : chunk(told);
  }
  std::erase(followers_, follower);
  co_return false;
}

std::string Server::counts() const {
  std::string text;
  for (const auto& [what, count] : counts_) text += fmt::format("{} {}\n", what, count);
  return text + fmt::format("containers {}\nrunning {}\n", containers_.size(), containers_.running());
}

}  // namespace teal::test::stand_in
