#include "cli/init/questions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <istream>
#include <ostream>

#include "cli/init/shell_words.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::cli {
namespace {

std::optional<int> whole_number(std::string_view text) {
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string check_within(const std::string& text, int least, int most) {
  const auto number = whole_number(text);
  if (number && *number >= least && *number <= most) return {};
  return fmt::format("expected a number from {} to {}", least, most);
}

std::string without_blanks_around(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return std::string{text.substr(first, text.find_last_not_of(" \t\r") - first + 1)};
}

class Questions {
 public:
  Questions(std::istream& in, std::ostream& out, const Screen& screen) : in_(in), out_(out), screen_(screen) {}

  template <class Check>
  Result<std::string> ask(std::string_view question, const std::string& usual, Check check) {
    for (;;) {
      out_ << question << (usual.empty() ? "" : " [" + screen_.text(usual) + "]") << ": ";
      out_.flush();
      std::string line;
      if (!std::getline(in_, line)) return Error{ErrorCode::cancelled, "no answer: nothing was written"};
      auto answer = without_blanks_around(line);
      if (answer.empty()) answer = usual;
      const auto wrong = answer.empty() ? std::string{"an answer is needed"} : check(answer);
      if (wrong.empty()) return answer;
      out_ << "  " << screen_.text(wrong) << '\n';
    }
  }

 private:
  std::istream& in_;
  std::ostream& out_;
  const Screen& screen_;
};

std::string usual_name(const std::string& image) {
  const auto repository = image_words(image).repository;
  return name_out_of(std::string_view{repository}.substr(repository.rfind('/') + 1));
}

std::string none_or(const std::string& text, std::string (*check)(const std::string&)) {
  return text == no_load_balancer ? std::string{} : check(text);
}

}  // namespace

std::string check_application_name(const std::string& text) {
  if (spec::is_dns_label(text) && text.size() <= 40) return {};
  return "expected a name of a-z, 0-9 and -, at most 40 characters, such as shop";
}

std::string check_image(const std::string& text) {
  return spec::is_image(text) ? std::string{} : "expected an image as Docker names it: registry.example/shop:1.0";
}

std::string check_port(const std::string& text) { return check_within(text, 1, 65535); }

std::string check_health_path(const std::string& text) {
  return spec::is_request_path(text) ? std::string{} : "expected the path of a request, such as /healthz";
}

std::string check_host(const std::string& text) {
  return spec::is_host(text) ? std::string{} : "expected a host's name, such as shop.example.com";
}

std::string check_replicas(const std::string& text) { return check_within(text, 1, 100); }

std::string check_load_balancer(const std::string& text) {
  return spec::is_load_balancer_name(text) ? std::string{} : "expected a load balancer's name in teald.yaml, or none";
}

std::string check_command(const std::string& text) {
  const auto words = shell_words(text);
  if (!words) return words.error().message;
  return words->empty() ? "expected a command, such as ./upgrade_schema.sh upgrade" : std::string{};
}

bool ask_whether(std::string_view question, bool usual, std::istream& in, std::ostream& out) {
  for (;;) {
    out << question << (usual ? " [yes]: " : " [no]: ");
    out.flush();
    std::string line;
    if (!std::getline(in, line)) return false;
    const auto answer = without_blanks_around(line);
    if (answer.empty()) return usual;
    if (answer == "yes" || answer == "y") return true;
    if (answer == "no" || answer == "n") return false;
    out << "  yes or no\n";
  }
}

Result<Wishes> ask(Wishes known, const std::string& usual_load_balancer, std::istream& in, std::ostream& out,
                   const Screen& screen) {
  Questions questions{in, out, screen};
  const auto fill = [&](std::string& value, std::string_view question, const std::string& usual,
                        auto check) -> Result<void> {
    if (!value.empty()) return {};
    auto answer = questions.ask(question, usual, check);
    if (!answer) return answer.error();
    value = std::move(*answer);
    return {};
  };
  if (auto done = fill(known.image, "Image, with the tag of a release", "", check_image); !done) return done.error();
  if (auto done = fill(known.name, "Name of the application", usual_name(known.image), check_application_name); !done) {
    return done.error();
  }
  std::string port = known.port ? fmt::format("{}", *known.port) : "";
  const auto check_any_port = [](const std::string& text) { return none_or(text, check_port); };
  if (auto done = fill(port, "Port that it listens on in its container (none: it is a worker)", "8000", check_any_port);
      !done) {
    return done.error();
  }
  known.port = whole_number(port);
  if (known.port) {
    if (auto done = fill(known.health, "Path that answers 200 when it can serve", "/", check_health_path); !done) {
      return done.error();
    }
    if (auto done = fill(known.load_balancer, "Load balancer in teald.yaml (none: without)", usual_load_balancer,
                         check_load_balancer);
        !done) {
      return done.error();
    }
  }
  if (known.port && known.load_balancer != no_load_balancer) {
    const auto check_any_host = [](const std::string& text) { return none_or(text, check_host); };
    if (auto done =
            fill(known.host, "Host whose requests it gets (none: any)", std::string{no_load_balancer}, check_any_host);
        !done) {
      return done.error();
    }
  }
  if (known.host == no_load_balancer) known.host.clear();
  std::string replicas = known.replicas ? fmt::format("{}", *known.replicas) : "";
  if (auto done = fill(replicas, "Replicas", known.port ? "2" : "1", check_replicas); !done) return done.error();
  known.replicas = whole_number(replicas);
  const auto check_any_command = [](const std::string& text) { return none_or(text, check_command); };
  if (auto done = fill(known.migrate, "Command that migrates its database before an upgrade (none: without)",
                       std::string{no_migration}, check_any_command);
      !done) {
    return done.error();
  }
  return known;
}

Result<void> check_complete(const Wishes& wishes) {
  std::vector<std::string_view> missing;
  if (wishes.name.empty()) missing.emplace_back("NAME");
  if (wishes.image.empty()) missing.emplace_back("--image REPOSITORY:TAG");
  if (missing.empty()) return {};
  return Error{ErrorCode::invalid,
               fmt::format("nobody can be asked here (standard input is no terminal), and this is missing: {}. Or let "
                           "it be read from what runs: --from-compose FILE, --from-container NAME",
                           fmt::join(missing, ", "))};
}

namespace {

// Its credentials have files of their own, which are the user's to fill in.
void add_migration(Draft& draft, const std::string& command) {
  auto& job = draft.jobs.emplace_back();
  job.component.name = "default";
  if (auto words = shell_words(command)) job.component.command = std::move(*words);
  for (const auto* name : {"DB__USER", "DB__PASSWORD"}) {
    job.values[name] = "";
    draft.to_fill.insert(name);
  }
  draft.remarks.push_back(
      {"",
       fmt::format("write the user and the password that may change the schema into {0}.secrets/default/DB__USER and "
                   "DB__PASSWORD (nothing that serves is given them), or rename the variables in the manifest to "
                   "what the command expects. What the application itself needs to reach its database belongs into "
                   "{0}.env",
                   draft.name)});
}

}  // namespace

Draft draft_of(const Wishes& wishes, const std::string& usual_load_balancer) {
  Draft draft;
  draft.name = wishes.name;
  set_image(draft, wishes.image, "");
  if (!wishes.migrate.empty() && wishes.migrate != no_migration) add_migration(draft, wishes.migrate);
  auto& component = draft.components.emplace_back().component;
  component.name = wishes.port ? "web" : "worker";
  component.replicas = wishes.replicas.value_or(wishes.port ? 2 : 1);
  component.port = wishes.port;
  if (!wishes.port) {
    draft.remarks.push_back({"", "no --port was named: it is a worker that nobody sends requests to"});
    if (!wishes.host.empty() || !wishes.health.empty()) {
      draft.remarks.push_back({"", "--host and --health were left out: they need --port"});
    }
    return draft;
  }
  component.health.path = wishes.health.empty() ? "/" : wishes.health;
  draft.remarks.push_back(
      {"", fmt::format("GET {} on port {} has to answer 200 to 299 once a replica can serve, and anything else when it "
                       "cannot",
                       component.health.path, *wishes.port)});
  const auto balancer = wishes.load_balancer.empty() ? usual_load_balancer : wishes.load_balancer;
  if (balancer == no_load_balancer) {
    draft.remarks.push_back({"",
                             "without a load balancer each replica only has a port of 127.0.0.1 that changes with "
                             "each upgrade"});
    return draft;
  }
  component.load_balancer = spec::LoadBalancerUse{balancer, fmt::format("{}_{}", draft.name, component.name)};
  draft.host = wishes.host;
  return draft;
}

}  // namespace teal::cli
