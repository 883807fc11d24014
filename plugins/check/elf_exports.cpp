// SPDX-License-Identifier: Apache-2.0
#include "plugins/check/elf_exports.hpp"

#include <fcntl.h>
#include <gelf.h>

#include <memory>

#include "daemon/host/unique_fd.hpp"

namespace knead::check {
namespace {

struct EndElf {
  void operator()(Elf* elf) const noexcept { ::elf_end(elf); }
};

bool is_exported(const GElf_Sym& symbol) {
  const auto binding = GELF_ST_BIND(symbol.st_info);
  const auto visibility = GELF_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && symbol.st_shndx != SHN_ABS && binding != STB_LOCAL &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

}  // namespace

Result<std::vector<std::string>> exports_of(const std::string& file) {
  const host::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return fail_errno(Errc::kNotFound, file + ": it cannot be opened", "check the path");
  ::elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, EndElf> elf(::elf_begin(fd.get(), ELF_C_READ, nullptr));
  GElf_Ehdr header{};
  if (!elf || ::elf_kind(elf.get()) != ELF_K_ELF || ::gelf_getehdr(elf.get(), &header) == nullptr ||
      header.e_type != ET_DYN) {
    return fail(Errc::kInvalidInput, file + ": it is no shared object", "build it with -shared -fPIC");
  }
  std::vector<std::string> names;
  for (Elf_Scn* section = ::elf_nextscn(elf.get(), nullptr); section != nullptr;
       section = ::elf_nextscn(elf.get(), section)) {
    GElf_Shdr at{};
    if (::gelf_getshdr(section, &at) == nullptr || at.sh_type != SHT_DYNSYM || at.sh_entsize == 0) continue;
    Elf_Data* const data = ::elf_getdata(section, nullptr);
    if (data == nullptr) continue;
    const auto count = static_cast<int>(at.sh_size / at.sh_entsize);
    for (int i = 0; i < count; ++i) {
      GElf_Sym symbol{};
      if (::gelf_getsym(data, i, &symbol) == nullptr || !is_exported(symbol)) continue;
      const char* const name = ::elf_strptr(elf.get(), at.sh_link, symbol.st_name);
      if (name != nullptr && *name != '\0') names.emplace_back(name);
    }
  }
  return names;
}

}  // namespace knead::check
