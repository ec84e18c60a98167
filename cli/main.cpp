#include <exception>
#include <iostream>

#include "cli/run.hpp"

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> arguments{argv + (argc > 0 ? 1 : 0), argv + argc};
    return static_cast<int>(teal::cli::run(arguments, {std::cin, std::cout, std::cerr}, teal::cli::detect_screen()));
  } catch (const std::exception& bug) {
    std::cerr << "error: teal itself failed: " << bug.what() << '\n';
    return static_cast<int>(teal::cli::ExitStatus::Failed);
  }
}
