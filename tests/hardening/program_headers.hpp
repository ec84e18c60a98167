// What the headers of a 64-bit ELF program say about how it is loaded, and what it imports.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace teal::test {

struct ProgramHeaders {
  unsigned type = 0;                        // ET_DYN, …
  std::set<std::uint32_t> segments;         // PT_GNU_RELRO, …
  std::uint32_t stack_flags = 0;            // of PT_GNU_STACK: PF_R | PF_W
  bool writable_and_executable = false;     // some PT_LOAD is
  std::set<std::int64_t> dynamic;           // tags: DT_RUNPATH, …
  std::uint64_t flags = 0;                  // DF_BIND_NOW, …
  std::uint64_t flags_1 = 0;                // DF_1_PIE, …
  std::vector<std::string> imports;         // undefined dynamic symbols
  std::vector<std::uint8_t> begin_of_main;  // its first four bytes; empty when it was stripped
};

// Throws std::runtime_error when it is not there or is none.
[[nodiscard]] ProgramHeaders read_program(const std::string& path);

}  // namespace teal::test
