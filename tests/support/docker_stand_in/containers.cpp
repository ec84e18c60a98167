#include "tests/support/docker_stand_in/containers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <utility>

namespace teal::test::stand_in {

namespace json = boost::json;

namespace {

constexpr std::size_t most_events = 256;
constexpr std::string_view application_label = "teal.application";

std::string text_of(const json::object& labels, std::string_view key) {
  const auto* found = labels.if_contains(key);
  return found != nullptr && found->is_string() ? std::string{found->as_string()} : std::string{};
}

// One line of a container's log, as the engine frames it.
std::string frame(char stream, std::string_view line) {
  const auto text = fmt::format("2026-01-01T00:00:00.000000000Z {}\n", line);
  std::string whole{stream, 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8) whole += static_cast<char>((text.size() >> shift) & 0xff);
  return whole + text;
}

}  // namespace

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string digest_of(std::string_view text) {
  std::string digits;
  std::uint64_t value = 14695981039346656037U;
  for (int part = 0; part < 4; ++part) {
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211U;
    digits += fmt::format("{:016x}", value);
    value ^= value >> 29;
  }
  return digits;
}

Behaviour behaviour_of(const std::vector<std::string>& words) {
  Behaviour behaviour;
  if (words.empty()) return behaviour;
  behaviour.can_start = words[0].starts_with("/bin/") || !words[0].starts_with('/');
  const auto& script = words.back();
  const auto says = [&](std::string_view part) { return script.find(part) != script.npos; };
  if (says("trap '' TERM")) behaviour.heeds_stop = false;
  if (script == "exit 0") behaviour.ends_after_ms = 1;
  if (says("exit 3")) {
    behaviour.ends_after_ms = 100;
    behaviour.exit_code = 3;
    behaviour.prints = true;
  }
  return behaviour;
}

bool has_labels(const json::object& labels, const std::vector<std::string>& wanted) {
  return std::ranges::all_of(wanted, [&](const std::string& one) {
    const auto equals = one.find('=');
    const auto* found = labels.if_contains(one.substr(0, equals));
    if (found == nullptr) return false;
    return equals == one.npos || (found->is_string() && std::string{found->as_string()} == one.substr(equals + 1));
  });
}

ContainerPtr Containers::find(const std::string& key) const {
  if (const auto found = by_id_.find(key); found != by_id_.end()) return found->second;
  if (const auto found = by_name_.find(key); found != by_name_.end()) return found->second;
  if (key.size() < 4) return nullptr;
  for (const auto& [id, container] : by_id_) {
    if (id.starts_with(key)) return container;
  }
  return nullptr;
}

std::vector<ContainerPtr> Containers::list(const std::vector<std::string>& labels) const {
  std::vector<ContainerPtr> all;
  const auto prefix = std::string{application_label} + "=";
  for (const auto& label : labels) {
    if (!label.starts_with(prefix)) continue;
    const auto found = by_application_.find(label.substr(prefix.size()));
    if (found == by_application_.end()) return all;
    for (const auto& id : found->second) {
      const auto& container = by_id_.at(id);
      if (has_labels(container->labels, labels)) all.push_back(container);
    }
    return all;
  }
  for (const auto& [id, container] : by_id_) {
    if (has_labels(container->labels, labels)) all.push_back(container);
  }
  return all;
}

ContainerPtr Containers::add(Container container) {
  auto added = std::make_shared<Container>(std::move(container));
  by_id_[added->id] = added;
  by_name_[added->name] = added;
  if (const auto application = text_of(added->labels, application_label); !application.empty())
    by_application_[application].insert(added->id);
  tell(*added, "create");
  return added;
}

void Containers::rename(const ContainerPtr& container, const std::string& name) {
  const auto before = std::exchange(container->name, name);
  by_name_.erase(before);
  by_name_[name] = container;
  tell(*container, "rename", {{"oldName", "/" + before}});
}

void Containers::start(const ContainerPtr& container, int host_port) {
  container->state = State::Running;
  container->host_port = host_port;
  container->started = now();
  ++running_;
  const auto behaviour = behaviour_of(container->words);
  if (behaviour.prints) container->output = frame(1, "out") + frame(2, "err");
  tell(*container, "start");
}

void Containers::fail_to_start(const ContainerPtr& container, std::string why) {
  container->error = std::move(why);
  container->exit_code = 127;
  tell(*container, "die", {{"exitCode", "127"}});
}

void Containers::note_signal(const ContainerPtr& container, const std::string& signal) {
  tell(*container, "kill", {{"signal", signal}});
}

void Containers::end(const ContainerPtr& container, int code) {
  if (container->state != State::Running) return;
  container->state = State::Exited;
  container->exit_code = code;
  container->finished = now();
  container->host_port = 0;
  --running_;
  tell(*container, "die", {{"exitCode", std::to_string(code)}});
}

void Containers::remove(const ContainerPtr& container) {
  end(container, 137);
  by_id_.erase(container->id);
  by_name_.erase(container->name);
  by_application_[text_of(container->labels, application_label)].erase(container->id);
  tell(*container, "destroy");
}

const Image* Containers::image(const std::string& key) const {
  const auto reference = references_.find(key);
  const auto found = images_.find(reference == references_.end() ? key : reference->second);
  return found == images_.end() ? nullptr : &found->second;
}

Image& Containers::add_image(const std::string& reference) {
  auto& image = images_[reference];
  image.reference = reference;
  image.id = "sha256:" + digest_of("image of " + reference);
  references_[image.id] = reference;
  references_[reference.substr(0, reference.rfind(':')) + "@sha256:" + digest_of(reference)] = reference;
  return image;
}

void Containers::tell(const Container& container, const std::string& action,
                      const std::vector<std::pair<std::string, std::string>>& more) {
  Event event;
  event.time = now();
  event.action = action;
  event.labels = container.labels;
  json::object attributes = container.labels;
  attributes["image"] = container.image;
  attributes["name"] = container.name;
  for (const auto& [key, value] : more) attributes[key] = value;
  event.text = fmt::format(
      R"({{"status":"{0}","id":"{1}","from":{2},"Type":"container","Action":"{0}","Actor":{{"ID":"{1}","Attributes":{3}}},"scope":"local","time":{4},"timeNano":{5}}})"
      "\n",
      action, container.id, json::serialize(json::value(container.image)), json::serialize(attributes),
      event.time / 1'000'000'000, event.time);
  events_.push_back(event);
  if (events_.size() > most_events) events_.pop_front();
  if (told) told(event);
}

}  // namespace teal::test::stand_in
