// SPDX-FileCopyrightText: The syncmap authors
// SPDX-License-Identifier: MIT

// Real input: the identifiers of the files of a folder, in their order.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <unordered_set>
#include <vector>

#include "grid/types.hpp"

namespace grid {

// An identifier -> how often it occurs
struct words {
  using key = std::string;
  using value = word;
  static constexpr const char* name = "words";
};

template <>
struct dataset<words> {
  std::vector<std::string> tokens;
  std::size_t entries = 0;  // how many of them are different

  // The first `bytes` of the files, in the order of their names.
  dataset(const std::string& folder, std::size_t bytes) {
    for (const std::filesystem::path& path : files_of(folder)) {
      if (bytes == 0) break;
      tokenise(beginning_of(path, bytes));
    }
    entries = std::unordered_set<std::string>(tokens.begin(), tokens.end()).size();
  }

 private:
  static std::vector<std::filesystem::path> files_of(const std::string& folder) {
    using namespace std::filesystem;
    std::vector<path> files;
    std::error_code ignored;  // what cannot be read is left out
    const auto options = directory_options::skip_permission_denied;
    for (recursive_directory_iterator at(folder, options, ignored), end; at != end;
         at.increment(ignored)) {
      if (at->is_regular_file(ignored)) files.push_back(at->path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  // At most `left` bytes, which become fewer by that.
  static std::string beginning_of(const std::filesystem::path& path, std::size_t& left) {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(path, ignored);
    std::string content(ignored ? 0 : std::min<std::size_t>(size, left), '\0');
    std::ifstream stream(path, std::ios::binary);
    stream.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(stream.gcount()));
    left -= content.size();
    return content;
  }

  void tokenise(const std::string& content) {
    const auto letter = [](char c) {
      return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
    };
    for (auto at = content.begin(); at != content.end();) {
      const auto begin = std::find_if(at, content.end(), letter);
      at = std::find_if_not(begin, content.end(), letter);
      const bool number = begin != at && std::isdigit(static_cast<unsigned char>(*begin)) != 0;
      if (begin != at && !number) tokens.emplace_back(begin, at);
    }
  }
};

}  // namespace grid
