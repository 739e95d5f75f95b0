// app/embedded.h: files of fixtures/ that are part of the program, so that it runs anywhere.
//
// Shape: cmake/embedded.cmake lists them as name and file; the bytes are those of the file.
#pragma once

#include <string_view>

namespace rehearse::app {

// REQUIRES: the name is listed in cmake/embedded.cmake.
std::string_view Embedded(std::string_view name);

}  // namespace rehearse::app
