// What a container engine answers: JSON, the event stream, the multiplexed frames of logs. The same bytes are each of
// them; whatever they are, nothing but a value or an error comes of it, however the stream was cut into pieces.
#include <boost/json/value.hpp>
#include <cstdint>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "daemon/drivers/engines/docker/events.hpp"
#include "daemon/drivers/engines/docker/inspect.hpp"
#include "daemon/drivers/engines/docker/log_frames.hpp"
#include "manifests/foundation/text.hpp"
#include "tests/fuzz/expectation.hpp"

namespace {

using namespace teal::docker;
using teal::fuzz::expect;

void read_json(std::string_view text) {
  const auto value = parse_json(text);
  if (!value) return;
  if (const auto container = read_container(*value); container && *container) {
    const auto& found = **container;
    expect(!found.id.empty() && found.revision >= 0 && found.index >= 0, "a container with an identity");
    expect(found.state != teal::world::ContainerState::Exited || found.exit_code, "an end with a code");
  }
  if (const auto image = read_image(*value, "docker.io/library/shop:1@sha256:1")) {
    expect(!image->id.empty() && !image->digest.empty(), "an image with an identity");
  }
  (void)read_exposure(*value);
  (void)read_image_exposure(*value);
  (void)signal_number(read_stop_signal(*value));
}

void read_refusals(std::string_view text) {
  for (const int status : {200, 400, 403, 404, 409, 500}) {
    teal::http::Response response;
    response.status = status;
    response.body = text;
    for (const auto& message : {message_of(response), refusal(response).message, start_failure(response).message,
                                pull_failure(std::string{text}).message}) {
      expect(message.size() <= 4000 && teal::fuzz::is_one_line(message), "a sentence for people");
      expect(teal::is_utf8(message), "in UTF-8");
    }
  }
}

std::vector<std::string> lines_of(std::string_view text, std::size_t piece) {
  Lines lines;
  std::vector<std::string> all;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    const auto some = lines.feed(text.substr(0, piece));
    if (!some) return all;
    all.insert(all.end(), some->begin(), some->end());
  }
  return all;
}

void read_events(std::string_view text) {
  const auto lines = lines_of(text, text.size());
  expect(lines == lines_of(text, 3), "the same lines however they come");
  Witness witness;
  for (const auto& line : lines) {
    const auto event = parse_event(line);
    if (!event) continue;
    witness.saw(*event);
    teal::world::Container container;
    container.id = event->container_id;
    container.state = teal::world::ContainerState::Exited;
    container.exit_code = event->exit_code;
    witness.fill(container, event->signal);
    witness.fill(container, "SIGTERM");
  }
}

std::string tail_of(std::string_view text, std::size_t piece, std::size_t most) {
  LogTail tail{most};
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) tail.feed(text.substr(0, piece));
  return tail.text();
}

void read_log(std::string_view text) {
  for (const std::size_t most : {0UL, 1UL, 10UL, 4096UL}) {
    const auto tail = tail_of(text, std::max<std::size_t>(text.size(), 1), most);
    expect(tail.size() <= most, "no more than was asked for");
    expect(teal::is_utf8(tail), "a log in UTF-8");
    expect(tail == tail_of(text, 1, most), "the same log however it comes");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  read_json(text);
  read_refusals(text);
  read_events(text);
  read_log(text);
  return 0;
}
