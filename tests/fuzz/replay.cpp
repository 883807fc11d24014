// SPDX-License-Identifier: Apache-2.0
// usage: fuzz_WHAT FILE_OR_FOLDER...
// Stands in for libFuzzer where it is not linked: plays each file once through the target. So every build and every
// sanitizer sees the corpus, not Clang's alone.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& given) {
  if (!fs::is_directory(given)) return {given};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(given))
    if (entry.is_regular_file()) files.push_back(entry.path());
  return files;
}

void play(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw fs::filesystem_error("cannot read", file, std::make_error_code(std::errc::io_error));
  std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  bytes.shrink_to_fit();  // so that the address sanitizer sees a read past the end
  std::printf("%s\n", file.c_str());
  std::fflush(stdout);  // the last line names the file that crashed
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    int played = 0;
    for (int i = 1; i < argc; ++i) {
      for (const fs::path& file : files_of(argv[i])) {
        play(file);
        ++played;
      }
    }
    std::printf("%d played\n", played);
    return played > 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
