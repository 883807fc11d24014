// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/skeleton.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace knead::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 32;  // leaves room for "lib", ".so" and a line that can be read

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_plain(char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

/// The nearest name that may be: "My Set" is "my-set".
std::string mended(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (plain.empty() && !is_lower(lower)) continue;
    const char kept = is_plain(lower) ? lower : '-';
    if (kept == '-' && plain.ends_with('-')) continue;
    plain += kept;
  }
  plain.resize(std::min(plain.size(), kLongestName));
  while (plain.ends_with('-')) plain.pop_back();
  return plain.empty() ? "my-set" : plain;
}

std::string replaced(std::string text, const std::vector<Renaming>& renamings) {
  for (const auto& [from, to] : renamings) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }
  return text;
}

Result<std::string> read_all(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || !text) return fail(Errc::kStorage, "cannot read " + path.string(), "reinstall Knead");
  return std::move(text).str();
}

std::unexpected<Error> cannot_make(const std::string& folder) {
  const Errc code = errno == EACCES || errno == EPERM || errno == EROFS ? Errc::kAccessDenied
                    : errno == ENOENT || errno == ENOTDIR               ? Errc::kNotFound
                                                                        : Errc::kStorage;
  return fail_errno(code, "cannot make " + folder, "give --dir a path in a folder you may write to");
}

std::unexpected<Error> is_taken(const std::string& folder) {
  return fail(Errc::kRefused, folder + " exists", "choose another name, or give another place with --dir");
}

/// A folder beside the wanted one, removed with all that is in it unless it was moved there.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& wanted)
      : name_((wanted.parent_path() / ("." + wanted.filename().string() + ".XXXXXX")).string()),
        made_(::mkdtemp(name_.data()) != nullptr) {}
  ~TemporaryFolder() {
    std::error_code ignored;
    if (made_) fs::remove_all(name_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] fs::path path() const { return name_; }

  /// False: see errno.
  bool move_to(const std::string& wanted) {
    int failed = ::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, wanted.c_str(), RENAME_NOREPLACE);
    // A file system that cannot promise it: rename replaces no folder but an empty one.
    if (failed != 0 && errno == EINVAL) failed = ::rename(name_.c_str(), wanted.c_str());
    if (failed == 0) made_ = false;
    return failed == 0;
  }

 private:
  std::string name_;
  bool made_;
};

}  // namespace

Result<> check_new_name(std::string_view name) {
  // Names that a build tool keeps for itself.
  constexpr std::array<std::string_view, 10> kTaken{"all",     "clean",   "depend",        "edit_cache", "help",
                                                    "install", "package", "rebuild_cache", "test",       "build"};
  const bool plain = !name.empty() && is_lower(name.front()) && std::ranges::all_of(name, is_plain);
  if (!plain || name.size() > kLongestName) {
    return fail(
        Errc::kInvalidInput,
        fmt::format("\"{}\" is no name for it: a name begins with a-z, has a-z, 0-9, '-' and '_', and at most {} "
                    "letters",
                    name.substr(0, 2 * kLongestName), kLongestName),
        fmt::format("use \"{}\", say", mended(name)));
  }
  if (std::ranges::find(kTaken, name) != kTaken.end())
    return fail(Errc::kInvalidInput, fmt::format("\"{}\" is a name that build tools use themselves", name),
                fmt::format("use \"my-{}\", say", name));
  return {};
}

Result<std::vector<SkeletonFile>> read_template(const std::string& folder, const std::vector<Renaming>& renamings) {
  std::error_code error;
  std::vector<SkeletonFile> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    auto text = read_all(entry.path());
    if (!text) return std::unexpected(std::move(text.error()));
    files.push_back({replaced(entry.path().filename().string(), renamings), replaced(*std::move(text), renamings)});
  }
  if (error || files.empty()) return fail(Errc::kNotFound, "the templates are missing in " + folder, "reinstall Knead");
  std::ranges::sort(files, {}, &SkeletonFile::name);
  return files;
}

Result<> write_folder(const std::string& folder, const std::vector<SkeletonFile>& files) {
  const fs::path wanted = fs::path(folder + "/").parent_path();  // "x/" and "x" alike
  struct stat status{};
  if (::lstat(wanted.c_str(), &status) == 0) return is_taken(wanted);
  TemporaryFolder temporary(wanted);
  if (!temporary.made()) return cannot_make(wanted);
  for (const SkeletonFile& file : files) {
    std::ofstream out(temporary.path() / file.name, std::ios::binary);
    out << file.text;
    out.close();
    if (!out)
      return fail(Errc::kStorage, fmt::format("cannot write {}/{}", wanted.string(), file.name),
                  "check the free space");
  }
  // mkdtemp makes it for the owner alone; the finished folder is like any other the person makes.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::chmod(temporary.path().c_str(), 0777U & ~mask) != 0) return cannot_make(wanted);
  if (!temporary.move_to(wanted)) return errno == EEXIST || errno == ENOTEMPTY ? is_taken(wanted) : cannot_make(wanted);
  return {};
}

}  // namespace knead::cli
