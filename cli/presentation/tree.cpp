#include "cli/presentation/tree.hpp"

namespace teal::cli {
namespace {

struct Strokes {
  const char* branch;
  const char* last;
  const char* trunk;
  const char* none;
};

// NOLINTNEXTLINE(misc-no-recursion): as deep as the tree that we built ourselves, four levels
void render(const Branch& branch, const std::string& indent, const Strokes& strokes, std::string& out) {
  out += branch.label + '\n';
  for (const auto& note : branch.notes) {
    out += indent + (branch.children.empty() ? strokes.none : strokes.trunk) + note + '\n';
  }
  for (std::size_t i = 0; i < branch.children.size(); ++i) {
    const bool last = i + 1 == branch.children.size();
    out += indent + (last ? strokes.last : strokes.branch);
    render(branch.children[i], indent + (last ? strokes.none : strokes.trunk), strokes, out);
  }
}

}  // namespace

std::string render_tree(const Branch& root, const Screen& screen) {
  static constexpr Strokes lines{"├─ ", "└─ ", "│  ", "   "};
  static constexpr Strokes ascii{"|- ", "`- ", "|  ", "   "};
  std::string out;
  render(root, "", screen.unicode ? lines : ascii, out);
  return out;
}

}  // namespace teal::cli
