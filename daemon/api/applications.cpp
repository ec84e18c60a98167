// Reading applications: one, all, or the stream of their changes.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <deque>
#include <limits>
#include <set>

#include "daemon/api/annotations.hpp"
#include "daemon/api/field_selector.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/label_selector.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/api/table.hpp"
#include "daemon/api/watch_line.hpp"
#include "manifests/wire/json.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// A client that reads this much slower than things change gets its stream ended, and lists again.
constexpr std::size_t most_waiting = 1024;

// As they are shown: what is masked there cannot be found out by asking for it.
Labels shown_labels(const spec::Application& application) {
  boost::json::object labels;
  for (const auto& [key, value] : application.labels) {
    if (!is_annotation(key)) labels[key] = value;
  }
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

std::string field_of(const status::ApplicationView& view, std::string_view field) {
  if (field == "metadata.name") return view.record.application.name;
  if (field == "metadata.uid") return view.record.uid;
  if (field == "spec.version") return view.record.application.spec.version;
  if (field == "spec.suspend") return view.record.application.spec.suspend ? "true" : "false";
  if (field == "status.phase") return view.status.phase;
  if (field == "status.activeVersion") return view.status.active_version;
  return {};  // metadata.namespace: none of them has one
}

// Which applications are asked for, of those that the caller may see.
struct Wanted {
  access::Identity identity;
  LabelSelector selector;
  FieldSelector fields;

  [[nodiscard]] bool selects_all() const { return selector.selects_all() && fields.selects_all(); }
  [[nodiscard]] bool is_all() const { return identity.sees_all() && selects_all(); }
  [[nodiscard]] bool sees(const status::ApplicationView& view) const {
    const auto& application = view.record.application;
    if (!identity.sees(application.name)) return false;
    const auto value_of = [&](std::string_view field) { return field_of(view, field); };
    if (!fields.selects_all() && !fields.matches(value_of)) return false;
    return selector.selects_all() || selector.matches(shown_labels(application));
  }
};

Result<Wanted> wanted_by(const Request& request) {
  auto labels = LabelSelector::parse(text_parameter(request, "labelSelector"));
  if (!labels) return labels.error();
  auto fields = FieldSelector::parse(text_parameter(request, "fieldSelector"),
                                     {"metadata.name", "metadata.namespace", "metadata.uid", "spec.version",
                                      "spec.suspend", "status.phase", "status.activeVersion"});
  if (!fields) return fields.error();
  return Wanted{request.identity, std::move(*labels), std::move(*fields)};
}

Time time_of_now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

std::string_view word_of(status::Change::Type type) {
  switch (type) {
    case status::Change::Type::Added:
      return "ADDED";
    case status::Change::Type::Modified:
      return "MODIFIED";
    case status::Change::Type::Deleted:
      return "DELETED";
  }
  return {};
}

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
    if (wanted_.selects_all()) co_return;
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
    if (wanted_.selects_all()) return change;
    if (change.type == status::Change::Type::Added) return std::nullopt;
    change.type = status::Change::Type::Deleted;
    return change;
  }
  [[nodiscard]] std::optional<status::Change> now(status::Change change) {
    const auto& name = change.view->record.application.name;
    if (wanted_.selects_all()) return wanted_.identity.sees(name) ? std::optional{change} : std::nullopt;
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

// What a watch is to be like. `from`: the resource version that the client has.
struct WatchOrder {
  Wanted wanted;
  WatchParameters parameters;
  TableForm form;
  std::uint64_t from = 0;
  SteadyTime end;
};

// One change in the form that is asked for; as plain JSON it is written once for all who watch.
std::string line_of(Services& services, const TableForm& form, const status::Change& change) {
  if (!form.is_wanted()) return services.lines.of(change);
  return watch_line(word_of(change.type),
                    table_of_one(form, TableOf::Applications, row_of(*change.view, time_of_now())));
}

// What is there, in lines.
boost::asio::awaitable<SharedList::Version> beginning_of_watch(Services& services, const WatchOrder& order) {
  const auto sees = [&order](const status::ApplicationView& view) { return order.wanted.sees(view); };
  if (!order.form.is_wanted()) {
    if (order.wanted.is_all()) co_return co_await services.list.beginning_for_all();
    co_return co_await services.list.beginning_for(sees);
  }
  const auto version = services.board.version();
  const auto all = services.board.list();
  std::string text;
  const auto put = [&](std::size_t nth) {
    if (sees(*all[nth])) text += line_of(services, order.form, {status::Change::Type::Added, all[nth]});
  };
  co_await in_slices(all.size(), put);
  co_return SharedList::Version{shared(std::move(text)), version};
}

boost::asio::awaitable<void> stream_changes(Services& services, WatchOrder order, SinkPtr sink) {
  const auto& wanted = order.wanted;
  auto from = order.from;
  SharedText beginning;
  if (order.parameters.begins_with_all) {
    const auto all = co_await beginning_of_watch(services, order);
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
    if (const auto shown = told.of(change)) text += line_of(services, order.form, *shown);
  }
  const bool has_bookmarks = order.parameters.bookmarks && !order.form.is_wanted();
  const auto version_now = [&] { return static_cast<std::int64_t>(services.board.version()); };
  if (order.parameters.ends_beginning) {
    text += end_of_beginning_line("Application", version_now());
  } else if (has_bookmarks) {
    text += bookmark_line("Application", version_now());
  }
  if (beginning && !co_await sink->write(beginning, *beginning)) co_return;
  beginning.reset();
  auto next_bookmark = std::chrono::steady_clock::now() + services.bookmark;
  for (;;) {
    if (!text.empty() && !co_await sink->write(std::move(text))) co_return;
    text.clear();
    if (waiting->changes.empty()) {
      const auto until = std::min(next_bookmark, order.end) - std::chrono::steady_clock::now();
      const auto longest = std::chrono::ceil<Duration>(std::max(until, std::chrono::nanoseconds::zero()));
      if (!co_await sink->wait(longest)) co_return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= order.end || waiting->too_many) co_return;
    for (; !waiting->changes.empty(); waiting->changes.pop_front()) {
      if (const auto change = told.of(waiting->changes.front())) text += line_of(services, order.form, *change);
    }
    if (now >= next_bookmark) {
      if (has_bookmarks) text += bookmark_line("Application", version_now());
      next_bookmark = now + services.bookmark;
    }
  }
}

// Some of what is there: `limit` of them at most, from where the page before ended.
Answer list_page(Services& services, Request request, Wanted wanted, ListPlace place, TableForm form) {
  const auto turn = co_await services.turns(request).take();
  const auto& views = *place.views;
  const auto limit = number_parameter(request, "limit", std::numeric_limits<std::int64_t>::max())->value_or(0);
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
  Response response;
  if (form.is_wanted()) {
    const auto now = time_of_now();
    const auto row = [&](std::string& text, std::size_t nth) {
      text += wire::json_text(row_object(form, row_of(*page[nth], now)));
    };
    auto outside = empty_table(form, TableOf::Applications, std::to_string(place.version), to_come);
    response.content_type = form.content_type();
    response.body = co_await filled_list(std::move(outside), page.size(), row);
    co_return response;
  }
  const auto item = [&](std::string& text, std::size_t nth) { text += *services.list.object(page[nth]); };
  response.body = co_await list_text("ApplicationList", place.version, page.size(), item, std::move(to_come));
  co_return response;
}

// What the list shows changes with nothing but its version and who asks for what: good for `If-None-Match`.
void put_etag(Response& response, std::uint64_t version) {
  response.headers.emplace_back("ETag", fmt::format("W/\"{}\"", version));
}

Answer list_now(Services& services, Request request, Wanted wanted, TableForm form, WatchParameters parameters) {
  const auto limit = number_parameter(request, "limit", std::numeric_limits<std::int64_t>::max());
  if (!limit) co_return bad_request(limit.error().message);
  const auto token = text_parameter(request, "continue");
  const auto asked = parameters.resource_version.value_or(0);
  if (asked > services.board.version() || (parameters.is_exact && asked != services.board.version())) {
    co_return failure(410, "Expired",
                      fmt::format("resourceVersion {} is not there (current: {}): list again without it", asked,
                                  services.board.version()));
  }
  const auto most = limit->value_or(0);
  const bool is_whole = token.empty() && wanted.is_all() && (most == 0 || most >= services.board.size());
  if (is_whole && !form.is_wanted()) {
    auto all = co_await services.list.text_for_all();
    Response response;
    response.shared_body = std::move(all.text);
    put_etag(response, all.resource_version);
    co_return response;
  }
  const auto place = token.empty() ? Result<ListPlace>{services.pages.begin()} : services.pages.at(token);
  if (!place && place.error().code == ErrorCode::invalid) co_return bad_request(place.error().message);
  if (!place) co_return failure(410, "Expired", place.error().message);
  auto response = co_await list_page(services, std::move(request), std::move(wanted), *place, form);
  if (!form.is_wanted()) put_etag(response, place->version);  // a table tells ages
  co_return response;
}

}  // namespace

Answer list_applications(Services& services, Request request) {
  const auto parameters = watch_parameters(request);
  if (!parameters) co_return bad_request(parameters.error().message);
  auto wanted = wanted_by(request);
  if (!wanted) co_return bad_request(wanted.error().message);
  const auto form = table_form(request);
  if (!form) co_return bad_request(form.error().message);
  const auto token = text_parameter(request, "continue");
  if (!token.empty() && (parameters->watch || parameters->resource_version.value_or(0) != 0)) {
    co_return bad_request("continue goes neither with watch nor with a resourceVersion: it has one of its own");
  }
  if (!parameters->watch) {
    co_return co_await list_now(services, std::move(request), std::move(*wanted), *form, *parameters);
  }
  WatchOrder order{std::move(*wanted), *parameters, *form, parameters->resource_version.value_or(0), SteadyTime::max()};
  if (!order.parameters.begins_with_all) {
    if (order.from == 0) order.from = services.board.version();
    const auto missed = services.changes.since(order.from);
    if (!missed) co_return failure(410, "Expired", missed.error().message);
  }
  if (parameters->timeout_seconds) {
    order.end = std::chrono::steady_clock::now() + std::chrono::seconds(*parameters->timeout_seconds);
  }
  Response response;
  response.content_type = form->content_type();
  response.stream = [&services, order](SinkPtr sink) { return stream_changes(services, order, std::move(sink)); };
  co_return response;
}

Answer get_application(Services& services, Request request) {
  const std::string& name = request.segments.at(4);
  const auto form = table_form(request);
  if (!form) co_return bad_request(form.error().message);
  const auto view = services.board.find(name);
  if (!view) co_return no_such(Named{"teal", "applications", name}, "application " + name + " does not exist");
  Response response;
  response.content_type = form->content_type();
  if (form->is_wanted()) {
    response.body = wire::json_text(table_of_one(*form, TableOf::Applications, row_of(*view, time_of_now()))) + "\n";
  } else {
    response.body = *services.list.object(view) + "\n";
    put_etag(response, view->resource_version);
  }
  co_return response;
}

}  // namespace teal::api
