#include "tests/unit/haproxy/scripted_runtime.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace teal::test {

namespace asio = boost::asio;

struct ScriptedRuntime::State {
  std::string path;
  runtime::ListenerPtr listener;
  Answer answer = [](const std::string&) { return std::string{"\n"}; };
  std::vector<std::string> lines;
  std::vector<runtime::StreamPtr> kept;  // unanswered
  bool silent = false;
};

namespace {

template <class State>
asio::awaitable<void> serve(std::shared_ptr<State> state, runtime::StreamPtr stream) {
  std::string line;
  char buffer[4096];
  while (line.find('\n') == std::string::npos) {
    const auto count = co_await stream->read_some(buffer, sizeof buffer, runtime::no_deadline);
    if (!count || *count == 0) co_return;
    line.append(buffer, *count);
  }
  line.resize(line.find('\n'));
  state->lines.push_back(line);
  if (state->silent) {
    state->kept.push_back(stream);
    co_return;
  }
  const auto text = state->answer(line);
  if (const auto written = co_await stream->write(text, runtime::no_deadline); written) stream->close();
}

template <class State>
asio::awaitable<void> accept_all(std::shared_ptr<State> state, asio::io_context& loop) {
  for (;;) {
    auto stream = co_await state->listener->accept();
    if (!stream) co_return;
    asio::co_spawn(loop, serve(state, *stream), asio::detached);
  }
}

}  // namespace

ScriptedRuntime::ScriptedRuntime(asio::io_context& loop) : state_(std::make_shared<State>()) {
  std::string folder = "/tmp/teal-haproxy-XXXXXX";
  state_->path = std::string{::mkdtemp(folder.data())} + "/admin.sock";
  state_->listener = runtime::listen_unix(loop.get_executor(), state_->path).value();
  asio::co_spawn(loop, accept_all(state_, loop), asio::detached);
}

ScriptedRuntime::~ScriptedRuntime() {
  stop();
  std::filesystem::remove_all(std::filesystem::path{state_->path}.parent_path());
}

void ScriptedRuntime::answer(Answer answer) { state_->answer = std::move(answer); }
void ScriptedRuntime::fall_silent() { state_->silent = true; }

void ScriptedRuntime::stop() {
  state_->listener->close();
  for (const auto& stream : state_->kept) stream->close();
  state_->kept.clear();
}

const std::string& ScriptedRuntime::path() const { return state_->path; }
const std::vector<std::string>& ScriptedRuntime::lines() const { return state_->lines; }

}  // namespace teal::test
