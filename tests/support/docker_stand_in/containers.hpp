// What the stand-in for a Docker engine has: containers, images and the last events, as values. What a container's
// program does is read off its command (`behaviour_of`); nothing is run. Times are nanoseconds of the system's clock.
// One thread.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace teal::test::stand_in {

enum class State { Created, Running, Exited };

struct Container {
  std::string id;
  std::string name;
  std::string image;  // as it was asked for
  std::string image_id;
  boost::json::object labels;
  std::string env = "[]";  // JSON, as the other texts down to `mounts`
  std::string command = "[]";
  std::string log_config;
  std::string mounts = "[]";
  std::vector<std::string> words;  // of the command
  std::string stop_signal;
  int port = 0;       // that it exposes; 0: none
  int host_port = 0;  // while it runs
  State state = State::Created;
  std::int64_t created = 0;
  std::int64_t started = 0;
  std::int64_t finished = 0;
  int exit_code = 0;
  std::string error;
  std::string output;  // frames of its log
};

using ContainerPtr = std::shared_ptr<Container>;

struct Image {
  std::string id;
  std::string reference;
  boost::json::object labels;
  std::vector<std::string> command;
};

struct Event {
  std::int64_t time = 0;
  std::string action;
  boost::json::object labels;
  std::string text;  // one line of JSON, with its end
};

// What a program does once it runs.
struct Behaviour {
  bool can_start = true;
  std::optional<int> ends_after_ms;
  int exit_code = 0;
  bool prints = false;
  bool heeds_stop = true;
};

[[nodiscard]] Behaviour behaviour_of(const std::vector<std::string>& words);
[[nodiscard]] std::int64_t now();
// 64 hexadecimal digits.
[[nodiscard]] std::string digest_of(std::string_view text);

class Containers {
 public:
  // Called with each event, once it is on record.
  std::function<void(const Event&)> told;

  // By id, its first characters, or name; null: there is none.
  [[nodiscard]] ContainerPtr find(const std::string& key) const;
  // `label`: "key" or "key=value", all of which it must have.
  [[nodiscard]] std::vector<ContainerPtr> list(const std::vector<std::string>& labels) const;
  [[nodiscard]] bool is_taken(const std::string& name) const { return by_name_.contains(name); }
  ContainerPtr add(Container container);
  void rename(const ContainerPtr& container, const std::string& name);
  void start(const ContainerPtr& container, int host_port);
  void fail_to_start(const ContainerPtr& container, std::string why);
  void note_signal(const ContainerPtr& container, const std::string& signal);
  void end(const ContainerPtr& container, int code);
  void remove(const ContainerPtr& container);

  // By reference or id; null: it was never pulled.
  [[nodiscard]] const Image* image(const std::string& key) const;
  Image& add_image(const std::string& reference);

  // A real engine remembers no more than these.
  [[nodiscard]] const std::deque<Event>& events() const { return events_; }
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }
  [[nodiscard]] std::size_t running() const { return running_; }

 private:
  void tell(const Container& container, const std::string& action,
            const std::vector<std::pair<std::string, std::string>>& more = {});

  std::unordered_map<std::string, ContainerPtr> by_id_;
  std::unordered_map<std::string, ContainerPtr> by_name_;
  std::unordered_map<std::string, std::set<std::string>> by_application_;  // ids
  std::map<std::string, Image> images_;                                    // by reference
  std::unordered_map<std::string, std::string> references_;                // by id
  std::deque<Event> events_;
  std::size_t running_ = 0;
};

[[nodiscard]] bool has_labels(const boost::json::object& labels, const std::vector<std::string>& wanted);

}  // namespace teal::test::stand_in
