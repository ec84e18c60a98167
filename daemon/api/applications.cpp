// Reading applications: one, all, or the stream of their changes.
#include <boost/json/object.hpp>
#include <chrono>
#include <deque>
#include <limits>
#include <set>

#include "daemon/api/handlers.hpp"
#include "daemon/api/label_selector.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/api/watch_line.hpp"
#include "manifests/wire/json.hpp"

namespace teal::api {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// A client that reads this much slower than things change gets its stream ended, and lists again.
constexpr std::size_t most_waiting = 1024;

// As they are shown: what is masked there cannot be found out by asking for it.
Labels shown_labels(const spec::Application& application) {
  boost::json::object labels;
  for (const auto& [key, value] : application.labels) labels[key] = value;
  boost::json::object metadata;
  metadata["labels"] = std::move(labels);
  boost::json::value document = boost::json::object{{"metadata", std::move(metadata)}};
  wire::mask_document(document);
  Labels shown;
  for (const auto& member : document.at("metadata").at("labels").as_object()) {
    if (member.value().is_string()) shown.emplace(member.key(), member.value().as_string());
  }
  return shown;
}

// Which applications are asked for, of those that the caller may see.
struct Wanted {
  access::Identity identity;
  LabelSelector selector;

  [[nodiscard]] bool is_all() const { return identity.sees_all() && selector.selects_all(); }
  [[nodiscard]] bool sees(const status::ApplicationView& view) const {
    const auto& application = view.record.application;
    if (!identity.sees(application.name)) return false;
    return selector.selects_all() || selector.matches(shown_labels(application));
  }
};

struct Waiting {
  access::Identity identity;
  std::deque<status::Change> changes;
  bool too_many = false;

  void add(const status::Change& change) {
    if (!identity.sees(change.view->record.application.name)) return;
    too_many = too_many || changes.size() >= most_waiting;
    if (!too_many) changes.push_back(change);
  }
};

// What a watch tells of changes. To one who selects by labels an application that gets them is added, and one that
// loses them is deleted.
class Told {
 public:
  explicit Told(Wanted wanted) : wanted_(std::move(wanted)) {}

  // What the client is shown at this version, with these.
  boost::asio::awaitable<void> begin(std::vector<status::SharedView> views, std::uint64_t version) {
    version_ = version;
    if (wanted_.selector.selects_all()) co_return;
    const auto look = [&](std::size_t nth) {
      if (wanted_.sees(*views[nth])) known_.insert(views[nth]->record.application.name);
    };
    co_await in_slices(views.size(), look);
  }
  [[nodiscard]] std::optional<status::Change> of(const status::Change& change) {
    return change.view->resource_version > version_ ? now(change) : missed(change);
  }

 private:
  // What changed before that: whether the client knew it then cannot be told, and a deletion of what it never had does
  // no harm.
  [[nodiscard]] std::optional<status::Change> missed(status::Change change) const {
    if (change.type != status::Change::Type::Deleted && wanted_.sees(*change.view)) return change;
    if (!wanted_.identity.sees(change.view->record.application.name)) return std::nullopt;
    if (wanted_.selector.selects_all()) return change;
    if (change.type == status::Change::Type::Added) return std::nullopt;
    change.type = status::Change::Type::Deleted;
    return change;
  }
  [[nodiscard]] std::optional<status::Change> now(status::Change change) {
    const auto& name = change.view->record.application.name;
    if (wanted_.selector.selects_all()) return wanted_.identity.sees(name) ? std::optional{change} : std::nullopt;
    const bool is_wanted = change.type != status::Change::Type::Deleted && wanted_.sees(*change.view);
    const bool was_known = known_.contains(name);
    if (!is_wanted && !was_known) return std::nullopt;
    if (!is_wanted) {
      known_.erase(name);
      change.type = status::Change::Type::Deleted;
    } else {
      known_.insert(name);
      change.type = was_known ? status::Change::Type::Modified : status::Change::Type::Added;
    }
    return change;
  }

  Wanted wanted_;
  std::uint64_t version_ = 0;
  std::set<std::string> known_;
};

// `from`: the resource version that the client has.
boost::asio::awaitable<void> stream_changes(Services& services, Wanted wanted, std::uint64_t from, SteadyTime end,
                                            SinkPtr sink) {
  const auto sees = [&](const status::ApplicationView& view) { return wanted.sees(view); };
  SharedText beginning;
  if (from == 0) {
    const auto all =
        wanted.is_all() ? co_await services.list.beginning_for_all() : co_await services.list.beginning_for(sees);
    beginning = all.text;
    from = all.resource_version;
  } else {
    const auto before = services.changes.since(from);
    if (!before) co_return;
    std::vector<status::SharedView> changed;
    for (const auto& change : *before) changed.push_back(change.view);
    co_await services.list.prepare(std::move(changed));
  }
  Told told{wanted};
  co_await told.begin(services.board.list(), services.board.version());
  const auto waiting = std::make_shared<Waiting>();
  waiting->identity = wanted.identity;
  const std::weak_ptr<Sink> weak = sink;
  const auto subscription = services.board.subscribe([waiting, weak](const status::Change& change) {
    waiting->add(change);
    if (const auto alive = weak.lock()) alive->wake();
  });
  const auto missed = services.changes.since(from);
  if (!missed) co_return;  // too much has changed meanwhile: its client lists again
  std::string text;
  for (const auto& change : *missed) {
    if (const auto shown = told.of(change)) text += services.lines.of(*shown);
  }
  text += bookmark_line("Application", static_cast<std::int64_t>(services.board.version()));
  if (beginning && !co_await sink->write(beginning, *beginning)) co_return;
  beginning.reset();
  auto next_bookmark = std::chrono::steady_clock::now() + services.bookmark;
  for (;;) {
    if (!text.empty() && !co_await sink->write(std::move(text))) co_return;
    text.clear();
    if (waiting->changes.empty()) {
      const auto until = std::min(next_bookmark, end) - std::chrono::steady_clock::now();
      const auto longest = std::chrono::ceil<Duration>(std::max(until, std::chrono::nanoseconds::zero()));
      if (!co_await sink->wait(longest)) co_return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= end || waiting->too_many) co_return;
    for (; !waiting->changes.empty(); waiting->changes.pop_front()) {
      if (const auto change = told.of(waiting->changes.front())) text += services.lines.of(*change);
    }
    if (now >= next_bookmark) {
      text += bookmark_line("Application", static_cast<std::int64_t>(services.board.version()));
      next_bookmark = now + services.bookmark;
    }
  }
}

// Some of what is there: `limit` of them at most, from where the page before ended.
Answer list_page(Services& services, Request request, Wanted wanted, ListPlace place, std::uint64_t limit) {
  const auto turn = co_await services.turns(request).take();
  const auto& views = *place.views;
  const auto most = limit == 0 ? std::numeric_limits<std::uint64_t>::max() : limit;
  std::vector<status::SharedView> page;
  auto next = place.first;
  std::optional<std::size_t> more;  // the first one that does not fit
  const auto look = [&](std::size_t) {
    if (more) return;
    const auto at = next++;
    if (!wanted.sees(*views[at])) return;
    if (page.size() < most) return page.push_back(views[at]);
    more = at;
  };
  co_await in_slices(views.size() - place.first, look);
  MoreToCome to_come;
  if (more) to_come.token = ListPages::token(place.version, page.back()->record.application.name);
  // As in Kubernetes, not of what is selected.
  if (more && wanted.is_all()) to_come.remaining = static_cast<std::int64_t>(views.size() - *more);
  const auto item = [&](std::string& text, std::size_t nth) { text += *services.list.object(page[nth]); };
  Response response;
  response.body = co_await list_text("ApplicationList", place.version, page.size(), item, std::move(to_come));
  co_return response;
}

}  // namespace

Answer list_applications(Services& services, Request request) {
  const auto parameters = watch_parameters(request);
  if (!parameters) co_return bad_request(parameters.error().message);
  const auto limit = number_parameter(request, "limit", std::numeric_limits<std::int64_t>::max());
  if (!limit) co_return bad_request(limit.error().message);
  auto selector = LabelSelector::parse(text_parameter(request, "labelSelector"));
  if (!selector) co_return bad_request(selector.error().message);
  Wanted wanted{request.identity, std::move(*selector)};
  const auto token = text_parameter(request, "continue");
  if (!token.empty() && (parameters->watch || parameters->resource_version.value_or(0) != 0)) {
    co_return bad_request("continue goes neither with watch nor with a resourceVersion: it has one of its own");
  }
  Response response;
  if (!parameters->watch) {
    const auto most = limit->value_or(0);
    const bool is_whole = token.empty() && wanted.is_all() && (most == 0 || most >= services.board.size());
    if (is_whole) {
      response.shared_body = (co_await services.list.text_for_all()).text;
      co_return response;
    }
    const auto place = token.empty() ? Result<ListPlace>{services.pages.begin()} : services.pages.at(token);
    if (!place && place.error().code == ErrorCode::invalid) co_return bad_request(place.error().message);
    if (!place) co_return failure(410, "Expired", place.error().message);
    co_return co_await list_page(services, std::move(request), std::move(wanted), *place, most);
  }
  const std::uint64_t from = parameters->resource_version.value_or(0);
  if (from != 0) {
    const auto missed = services.changes.since(from);
    if (!missed) co_return failure(410, "Expired", missed.error().message);
  }
  const auto end = parameters->timeout_seconds
                       ? std::chrono::steady_clock::now() + std::chrono::seconds(*parameters->timeout_seconds)
                       : SteadyTime::max();
  response.stream = [&services, wanted, from, end](SinkPtr sink) {
    return stream_changes(services, wanted, from, end, std::move(sink));
  };
  co_return response;
}

Answer get_application(Services& services, Request request) {
  const std::string& name = request.segments.at(4);
  const auto view = services.board.find(name);
  if (!view) co_return not_found("application " + name + " does not exist");
  Response response;
  response.body = *services.list.object(view) + "\n";
  co_return response;
}

}  // namespace teal::api
