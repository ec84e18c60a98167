#include "daemon/api/shared_list.hpp"

#include <utility>

#include "daemon/api/list_text.hpp"
#include "daemon/api/objects.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {

namespace asio = boost::asio;

SharedList::SharedList(status::Board& board)
    : board_(board), subscription_(board.subscribe([this](const status::Change& change) {
        if (change.type == status::Change::Type::Deleted) objects_.erase(change.view->record.application.name);
        // Nobody is given these any more, and they are long.
        list_.newest.text.reset();
        beginning_.newest.text.reset();
      })) {}

SharedText SharedList::object(const status::SharedView& view) {
  const std::string& name = view->record.application.name;
  const auto known = objects_.find(name);
  if (known != objects_.end() && known->second.view == view) return known->second.text;
  auto text = shared(wire::json_text(application_object(*view)));
  // What is on its way out is written for those who still show it, and not remembered.
  if (board_.find(name) == view) objects_[name] = {view, text};
  return text;
}

asio::awaitable<void> SharedList::prepare(std::vector<status::SharedView> views) {
  const auto write = [&](std::size_t nth) { (void)object(views[nth]); };
  co_await in_slices(views.size(), write);
}

asio::awaitable<SharedList::Version> SharedList::text_for_all() { return once(list_, &SharedList::list_of); }

asio::awaitable<SharedList::Version> SharedList::beginning_for_all() {
  return once(beginning_, &SharedList::beginning_of);
}

asio::awaitable<SharedList::Version> SharedList::beginning_for(Shown shown) {
  const auto version = board_.version();
  const auto all = board_.list();
  std::vector<status::SharedView> views;
  const auto look = [&](std::size_t nth) {
    if (shown(*all[nth])) views.push_back(all[nth]);
  };
  co_await in_slices(all.size(), look);
  co_return co_await beginning_of(std::move(views), version);
}

// A list that is being made and already too old for who asks is waited for too: the next one is made then.
asio::awaitable<SharedList::Version> SharedList::once(Kind& kind, Make make) {
  const auto wanted = board_.version();
  for (;;) {
    if (kind.newest.text && kind.newest.resource_version >= wanted) co_return kind.newest;
    if (!kind.is_made) break;
    co_await kind.made.wait();
  }
  struct Making {
    Kind& kind;
    ~Making() {
      kind.is_made = false;
      kind.made.ring();
    }
  };
  kind.is_made = true;
  const Making making{kind};
  kind.newest = co_await (this->*make)(board_.list(), board_.version());
  co_return kind.newest;
}

asio::awaitable<SharedList::Version> SharedList::list_of(std::vector<status::SharedView> views, std::uint64_t version) {
  const auto item = [&](std::string& text, std::size_t nth) { text += *object(views[nth]); };
  auto text = co_await list_text("ApplicationList", version, views.size(), item);
  co_return Version{shared(std::move(text)), version};
}

asio::awaitable<SharedList::Version> SharedList::beginning_of(std::vector<status::SharedView> views,
                                                              std::uint64_t version) {
  std::string text;
  const auto item = [&](std::size_t nth) {
    text += R"({"type":"ADDED","object":)";
    text += *object(views[nth]);
    text += "}\n";
  };
  co_await in_slices(views.size(), item);
  co_return Version{shared(std::move(text)), version};
}

}  // namespace teal::api
