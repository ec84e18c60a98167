// Configuration: any text is a configuration or a list of what is wrong with it.
#include "daemon/config/config.hpp"

#include <cstdint>

#include "tests/fuzz/expectation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using teal::fuzz::expect;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto parsed = teal::config::parse_config(text, "teald.yaml", teal::drivers::built_in_drivers());
  expect(parsed.config.has_value() == parsed.diagnostics.empty(), "a configuration or diagnostics");
  (void)teal::spec::to_string(parsed.diagnostics);
  if (!parsed.config) return 0;
  expect(!parsed.config->engines.empty(), "an engine");
  for (const auto& sentence : parsed.config->unsupported) expect(!sentence.empty(), "a sentence");
  return 0;
}
