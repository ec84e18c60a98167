// Environment files: read or refused with the line; what was read is written and read again as the same.
#include "daemon/drivers/secrets/env_file.hpp"

#include <cstdint>

#include "tests/fuzz/expectation.hpp"

namespace {

std::optional<teal::masking::Secret> own_variable(const std::string& name) {
  if (name == "HOME") return teal::masking::Secret{"/root"};
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using teal::fuzz::expect;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto variables = teal::secrets::parse_env_file(text, "/etc/.env", own_variable);
  if (!variables) {
    const auto& message = variables.error().message;
    expect(message.starts_with("/etc/.env:"), "the place");
    expect(message.size() < 100 && teal::fuzz::is_one_line(message), "a sentence without the file's text");
    return 0;
  }
  std::string written = "\xEF\xBB\xBF";  // so that none that belongs to a name is taken for it
  for (const auto& [name, value] : *variables) {
    expect(!name.empty() && name.find_first_of(" \t=\n") == std::string::npos, "a name");
    written += name + "=" + value.reveal() + "\r\n";
  }
  const auto again = teal::secrets::parse_env_file(written, "/etc/.env", own_variable);
  expect(again.has_value() && again->size() == variables->size(), "what was written is read again");
  for (std::size_t i = 0; i < variables->size(); ++i) {
    expect((*again)[i].first == (*variables)[i].first, "the same names");
    expect((*again)[i].second.reveal() == (*variables)[i].second.reveal(), "the same values");
  }
  return 0;
}
