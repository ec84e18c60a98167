// How long it takes to mask logs that somebody wrote to make it long, as ratios to ordinary lines of the same run.
// Prints the best of some rounds for each text, and how many masks it has: what is too much effort to look at is taken
// out.
//
//   mask_cost [KIB] [ROUNDS]        1024 and 3
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "manifests/masking/mask.hpp"

namespace {

using namespace teal;

struct Case {
  std::string name;
  std::string piece;  // repeated
};

const std::vector<Case> cases{
    {"ordinary lines", "2026-11-30T09:12:07.123Z INFO  order 4711 of customer 12 was shipped in 34 ms\n"},
    {"lines of JSON", R"({"time":"2026-11-30T09:12:07Z","level":"info","name":"orders","value":"4711","key":"a"})"
                      "\n"},
    {"@tcp(", "@tcp("},
    {":@tcp(", ":@tcp("},
    {"-p", " -p"},
    {"-a -p", " -a -p"},
    {"quoted options", "\"-p"},
    {"options in brackets", "(-p"},
    {"value=", "value="},
    {"name=,value=", "name=a,value=b,"},
    {"value=key=\"", "value=key=\""},
    {"members of one line", R"({"name":"password","value":"x"})"},
    {"names without a braces", R"("value":)"},
    {"lists of YAML", "- value: a\n"},
    {"addresses", "x://u:p/"},
    {"addresses with @", "x://u:p@h "},
    {"@", "@"},
    {"/@", "a/@"},
    {"tags", "<x=a "},
    {"closed tags", "<x=<y key=>"},
    {"password=", "password=password= "},
    {"'password=", "'password=1 "},
    {"password={", "password={ "},
    {"eyJ", "eyJ-"},
    {"SG.", "SG."},
    {"dashes", "-----BEGIN "},
    {"a:", "a:"},
    {"cookies", "cookie:"},
    {"lists", "\"secrets\":[\"a\","},
    {"maps", "\"secrets\":{"},
    {"statements", "password $a$ "},
    {"doubled quotes", "''\"\"$$"},
    {"long names", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa="},
    {"humps", "aAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAaAa="},
    {"escapes", "\\\\"},
    {"percents", "%41"},
    {"a", "a"},
};

std::vector<teal::masking::Secret> alike() {
  std::vector<teal::masking::Secret> secrets;
  for (int i = 0; i < 20'000; ++i) secrets.emplace_back(fmt::format("aaaaaaaaaaa{:05}", i));
  return secrets;
}

std::vector<teal::masking::Secret> alike_to_the_end() {
  std::vector<teal::masking::Secret> secrets;
  for (std::size_t i = 0; i < 1'000; ++i) secrets.emplace_back(std::string(i + 100, 'a') + "b");
  return secrets;
}

std::vector<teal::masking::Secret> ordinary() {
  std::vector<teal::masking::Secret> secrets;
  for (int i = 0; i < 50; ++i) secrets.emplace_back(fmt::format("correct-horse-{:x}-battery-staple", i * 7919));
  return secrets;
}

double milliseconds(const std::string& text, const teal::masking::Mask& mask, int rounds, std::string& masked_text) {
  double best = 1e9;
  for (int round = 0; round < rounds; ++round) {
    const auto begun = std::chrono::steady_clock::now();
    masked_text = masked(text, mask);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
    best = std::min(best, took.count());
  }
  return best;
}

std::size_t count(std::string_view text) {
  std::size_t masks = 0;
  for (auto at = text.find("***"); at != text.npos; at = text.find("***", at + 3)) ++masks;
  return masks;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t bytes = (argc > 1 ? std::stoul(argv[1]) : 1024) << 10U;
  const int rounds = argc > 2 ? std::stoi(argv[2]) : 3;
  const std::vector<std::pair<std::string, std::vector<teal::masking::Secret>>> all{
      {"50 secrets", ordinary()}, {"20,000 alike", alike()}, {"1,000 alike to their end", alike_to_the_end()}};
  for (const auto& [secrets, values] : all) {
    const auto begun = std::chrono::steady_clock::now();
    const teal::masking::Mask mask{values};
    const std::chrono::duration<double, std::milli> made = std::chrono::steady_clock::now() - begun;
    fmt::print("{:<26} made ready in {:.1f} ms\n", secrets, made.count());
    double baseline = 0;
    for (const auto& one : cases) {
      std::string text;
      while (text.size() < bytes) text += one.piece;
      std::string result;
      const auto took = milliseconds(text, mask, rounds, result);
      if (baseline == 0) baseline = took;
      fmt::print("{:<26} {:<24} {:>5} KiB {:>9.1f} ms {:>6.1f}x {:>8} masks\n", secrets, one.name, text.size() >> 10U,
                 took, took / baseline, count(result));
    }
  }
}
