#include "tests/hardening/program_headers.hpp"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace teal::test {
namespace {

class Image {
 public:
  explicit Image(const std::string& path) : path_(path) {
    std::ifstream stream{path, std::ios::binary};
    bytes_.assign(std::istreambuf_iterator<char>{stream}, {});
    header_ = at<Elf64_Ehdr>(0);
    if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0 || header_.e_ident[EI_CLASS] != ELFCLASS64) {
      throw std::runtime_error(path + " is no 64-bit ELF program");
    }
  }

  template <class Type>
  [[nodiscard]] Type at(std::uint64_t offset) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(Type)) throw std::runtime_error(path_ + " is cut");
    Type value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  [[nodiscard]] std::string text(std::uint64_t offset) const {
    if (offset >= bytes_.size()) throw std::runtime_error(path_ + " is cut");
    return bytes_.data() + offset;  // a std::string's data ends with a NUL
  }
  [[nodiscard]] const Elf64_Ehdr& header() const { return header_; }
  [[nodiscard]] Elf64_Phdr segment(unsigned number) const {
    return at<Elf64_Phdr>(header_.e_phoff + number * sizeof(Elf64_Phdr));
  }
  [[nodiscard]] Elf64_Shdr section(unsigned number) const {
    return at<Elf64_Shdr>(header_.e_shoff + number * sizeof(Elf64_Shdr));
  }

 private:
  std::string path_;
  std::string bytes_;
  Elf64_Ehdr header_{};
};

void read_segments(const Image& image, ProgramHeaders& program) {
  for (unsigned i = 0; i < image.header().e_phnum; ++i) {
    const auto segment = image.segment(i);
    program.segments.insert(segment.p_type);
    if (segment.p_type == PT_GNU_STACK) program.stack_flags = segment.p_flags;
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) != 0 && (segment.p_flags & PF_X) != 0) {
      program.writable_and_executable = true;
    }
  }
}

void read_dynamic(const Image& image, const Elf64_Shdr& section, ProgramHeaders& program) {
  for (std::uint64_t i = 0; i < section.sh_size / sizeof(Elf64_Dyn); ++i) {
    const auto entry = image.at<Elf64_Dyn>(section.sh_offset + i * sizeof(Elf64_Dyn));
    program.dynamic.insert(entry.d_tag);
    if (entry.d_tag == DT_FLAGS) program.flags = entry.d_un.d_val;
    if (entry.d_tag == DT_FLAGS_1) program.flags_1 = entry.d_un.d_val;
  }
}

std::vector<std::uint8_t> first_bytes(const Image& image, std::uint64_t address) {
  for (unsigned i = 0; i < image.header().e_phnum; ++i) {
    const auto segment = image.segment(i);
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz)
      continue;
    std::vector<std::uint8_t> bytes;
    for (unsigned k = 0; k < 4; ++k) {
      bytes.push_back(image.at<std::uint8_t>(segment.p_offset + address - segment.p_vaddr + k));
    }
    return bytes;
  }
  return {};
}

void read_symbols(const Image& image, const Elf64_Shdr& section, ProgramHeaders& program) {
  const auto names = image.section(section.sh_link).sh_offset;
  for (std::uint64_t i = 0; i < section.sh_size / sizeof(Elf64_Sym); ++i) {
    const auto symbol = image.at<Elf64_Sym>(section.sh_offset + i * sizeof(Elf64_Sym));
    auto name = image.text(names + symbol.st_name);
    if (name == "main" && symbol.st_shndx != SHN_UNDEF) program.begin_of_main = first_bytes(image, symbol.st_value);
    if (section.sh_type == SHT_DYNSYM && symbol.st_shndx == SHN_UNDEF) program.imports.push_back(std::move(name));
  }
}

}  // namespace

ProgramHeaders read_program(const std::string& path) {
  const Image image{path};
  ProgramHeaders program;
  program.type = image.header().e_type;
  read_segments(image, program);
  for (unsigned i = 0; i < image.header().e_shnum; ++i) {
    const auto section = image.section(i);
    if (section.sh_type == SHT_DYNAMIC) read_dynamic(image, section, program);
    if (section.sh_type == SHT_DYNSYM || section.sh_type == SHT_SYMTAB) read_symbols(image, section, program);
  }
  return program;
}

}  // namespace teal::test
