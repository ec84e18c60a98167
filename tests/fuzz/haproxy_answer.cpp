// What a HAProxy answers: the tables of its servers, `show info`, and the sentences it refuses with.
#include <cstdint>

#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"
#include "daemon/drivers/load_balancers/haproxy/stats.hpp"
#include "tests/fuzz/expectation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace teal::haproxy;
  using teal::fuzz::expect;
  using teal::fuzz::is_one_line;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto servers = parse_servers(text, "shop")) {
    for (const auto& server : *servers) {
      expect(server.sessions >= 0, "no less than no sessions");
      expect(!server.up || server.intake == teal::world::Intake::Open, "up is ready");
      expect(is_one_line(server.name) && is_one_line(server.address) && is_one_line(server.check), "words for people");
    }
  } else {
    expect(is_one_line(servers.error().message) && !servers.error().message.empty(), "a sentence for people");
  }
  for (const auto& verdict : {judge(text), check_name("server", text), check_address(text)}) {
    if (!verdict) expect(is_one_line(verdict.error().message), "a sentence for people");
  }
  if (check_name("server", text)) expect(text.find_first_of(" ;\n\\<") == text.npos, "no name carries a command");
  if (check_address(text)) expect(text.find_first_of(" ;\n\\<") == text.npos, "no address carries a command");
  expect(is_one_line(process_of(text)), "a process");
  return 0;
}
